"""Template filters that write numbers as people read them."""

from django import template

from webapp.plots import scale

register = template.Library()

register.filter("percent", scale.percent)
register.filter("fitness", scale.fitness)
register.filter("change", scale.change)
register.filter("count", scale.count)
register.filter("duration", scale.duration)
register.filter("size", scale.size)
