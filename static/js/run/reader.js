// Reads what is new, one request at a time: bells that ring meanwhile become one further request, and the pause
// between requests grows with what the last one took.

const SHORTEST = 500; // Points of the chart do not wait for it; a read costs the server what training could use.

export class Reader {
  #read;
  #busy = false;
  #again = false;
  #pause = SHORTEST;

  constructor(read) {
    this.#read = read;
  }

  ring() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#run();
  }

  async #run() {
    this.#busy = true;
    const started = performance.now();
    try {
      await this.#read();
      this.#pause = Math.max(SHORTEST, 3 * (performance.now() - started));
    } catch {
      this.#pause = Math.min(this.#pause * 2, 10000);
      this.#again = true;
    }
    setTimeout(() => {
      this.#busy = false;
      if (!this.#again) return;
      this.#again = false;
      this.#run();
    }, this.#pause);
  }
}
