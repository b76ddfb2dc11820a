// The page of one network: drawings that move, and pictures that are drawn anew while it trains.

import { enablePanZoom } from "./pan-zoom.js";
import { enablePicture } from "./picture.js";

function enable(place) {
  place.querySelectorAll("[data-pan-zoom]").forEach(enablePanZoom);
  place.querySelectorAll("[data-picture]").forEach(enablePicture);
}

enable(document);
document.addEventListener("evoscope:part", (event) => enable(event.target));
