// What trains right now, from the frames themselves: bars move between two reads of the page's parts.

export function showProgress(progress) {
  for (const one of progress) {
    const row = document.querySelector(`[data-job="${one.job}"]`);
    if (!row) continue;
    const bar = row.querySelector("progress");
    if (bar && one.of) {
      bar.max = one.of;
      bar.value = one.step;
    }
    const words = row.querySelector("[data-job-share]");
    if (words && one.of) words.textContent = `training ${Math.round((100 * one.step) / one.of)} %`;
  }
}
