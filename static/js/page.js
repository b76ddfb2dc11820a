// What every page has: the theme toggle, menus that close, copying, confirmed forms, ages that grow.

import { enableAges } from "./ages.js";
import { enableConfirm } from "./confirm.js";
import { enableCopy } from "./copy.js";
import { enableMenus } from "./menus.js";
import { enableToggle } from "./theme.js";

document.querySelectorAll("[data-theme-toggle]").forEach(enableToggle);
enableMenus();
enableCopy();
enableConfirm();
enableAges();
