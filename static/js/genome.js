// The page of one network: drawings that move.

import { enablePanZoom } from "./pan-zoom.js";

document.querySelectorAll("[data-pan-zoom]").forEach(enablePanZoom);
