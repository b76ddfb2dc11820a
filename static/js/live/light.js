// The light: live, catching up or offline, with the age of what is shown. Said in words, and read out only when
// it changes.

const LOOKS = { live: "good", "catching up": "warn", offline: "bad", refused: "bad", ended: "" };
const WORDS = {
  live: "live",
  "catching up": "catching up",
  offline: "offline",
  refused: "no access any more",
  ended: "up to date",
};

export class Light {
  #badge;
  #age;
  #line = "catching up";

  constructor(element, socketHeard) {
    this.#badge = element.querySelector("[data-line]");
    this.#age = element.querySelector("[data-line-age]");
    setInterval(() => this.#showAge(socketHeard()), 1000);
  }

  get line() {
    return this.#line;
  }

  show(line) {
    if (line === this.#line) return;
    this.#line = line;
    this.#badge.className = `badge ${LOOKS[line]}${line === "live" ? " alive" : ""}`;
    this.#badge.textContent = WORDS[line];
  }

  #showAge(heard) {
    const seconds = heard ? Math.round((Date.now() - heard) / 1000) : null;
    const words = seconds === null || this.#line === "live" && seconds < 5 || this.#line === "ended" ? "" : `data ${seconds} s old`;
    if (this.#age.textContent !== words) this.#age.textContent = words;
  }
}
