// What is wrong with the page for somebody who cannot see it or uses no mouse, in words; run by test_access.py.
() => {
  const faults = [];
  const seen = (one) => one.checkVisibility({ visibilityProperty: true });
  const named = (one) => one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.textContent.trim() || one.title;
  for (const one of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (seen(one) && !one.labels?.length && !one.getAttribute('aria-label')) faults.push(`no label: ${one.name}`);
  }
  for (const one of document.querySelectorAll('a, button, summary')) {
    if (seen(one) && !one.closest('svg.strip') && !named(one)) faults.push(`no name: ${one.outerHTML.slice(0, 80)}`);
  }
  for (const one of document.querySelectorAll('img')) if (!one.hasAttribute('alt')) faults.push(`no alt: ${one.src}`);
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`id twice: ${id}`);
  let level = 0;
  for (const one of document.querySelectorAll('h1, h2, h3, h4')) {
    const now = Number(one.tagName[1]);
    if (now > level + 1) faults.push(`heading ${now} after ${level}: ${one.textContent.trim().slice(0, 40)}`);
    level = now;
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('there must be one h1');
  if (document.querySelectorAll('main').length !== 1) faults.push('there must be one main');
  if (!document.documentElement.lang) faults.push('no language');
  for (const one of document.querySelectorAll('[style]')) {
    if (!one.closest('.js-plotly-plot, .plotly-notifier, svg, [data-dash]') && one.getAttribute('style') && one.tagName !== 'SPAN') {
      faults.push(`inline style: ${one.outerHTML.slice(0, 80)}`);
    }
  }
  return faults;
}
