// Starts the page.
import { zone } from "./format.js";

document.documentElement.dataset.zone = zone(Date.now() / 1000);
