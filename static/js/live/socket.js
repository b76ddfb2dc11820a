// A socket to one run that comes back by itself. It says three things: a frame came, how the line is, how old
// the newest word is. It never throws a page's content away: what is missing is asked for again by number.

const FIRST_WAIT = 400;
const LONGEST_WAIT = 5000;
const SILENCE = 12000; // The server says something every four seconds, even when nothing is new.

export class LiveSocket {
  #address;
  #onFrame;
  #onLine;
  #socket = null;
  #wait = FIRST_WAIT;
  #timer = null;
  #closed = false;

  constructor(path, { onFrame, onLine }) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#address = `${scheme}//${location.host}${path}`;
    this.#onFrame = onFrame;
    this.#onLine = onLine;
    this.heard = null;
    addEventListener("offline", () => this.#drop());
    addEventListener("online", () => this.#reconnect(0));
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => { if (event.persisted) this.#reopen(); });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && !this.#socket) this.#reconnect(0);
    });
    setInterval(() => {
      if (this.#socket?.readyState === WebSocket.OPEN && this.heard && Date.now() - this.heard > SILENCE) this.#drop();
    }, 2000);
    this.#open();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #reopen() {
    this.#closed = false;
    this.#reconnect(0);
  }

  #open() {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#onLine("catching up");
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      this.heard = Date.now();
      this.#wait = FIRST_WAIT;
      this.#onLine("live");
      this.#onFrame(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      this.#onLine("offline");
      // 4401, 4403, 4404: this person may not look (any more); asking again changes nothing.
      if (event.code >= 4400 && event.code < 4500) {
        this.#onLine("refused");
        return;
      }
      this.#reconnect(this.#wait);
      this.#wait = Math.min(this.#wait * 1.7, LONGEST_WAIT);
    });
  }

  #reconnect(wait) {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#socket === null) this.#open();
    }, wait);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#onLine("offline");
    this.#reconnect(this.#wait);
  }
}
