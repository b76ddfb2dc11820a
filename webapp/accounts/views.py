"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts import throttle
from webapp.accounts.forms import SignInForm

WRONG = "The name or the password is not right. Both are case-sensitive."
WAIT = "Too many attempts. Wait five minutes, then try again."


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; on a right password on to the page that was asked for, on this site only."""
    onward = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = "/"
    if request.user.is_authenticated:
        return HttpResponseRedirect(onward)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"]
        if throttle.too_many(request, name):
            form.add_error(None, WAIT)
            status = 429
        else:
            user = authenticate(request, username=name, password=form.cleaned_data["password"])
            if user is not None:
                throttle.forget(request, name)
                login(request, user)
                return HttpResponseRedirect(onward)
            throttle.note_failure(request, name)
            form.add_error(None, WRONG)
    return render(request, "accounts/sign_in.html", {"form": form, "next": onward}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return HttpResponseRedirect("/signin/")
