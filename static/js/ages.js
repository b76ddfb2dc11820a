// <time data-age datetime="..."> says how long ago, and grows without asking the server.

export function ageInWords(seconds) {
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const words = ageInWords((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== words) time.textContent = words;
  }
}

export function enableAges() {
  refresh();
  setInterval(refresh, 5000);
}
