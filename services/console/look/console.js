// What makes pages better where scripts run; every page works without.
import { Accordion, Button, CharacterCount, Checkboxes, ErrorSummary, ExitThisPage, NotificationBanner, PasswordInput, Radios, SkipLink, Tabs, createAll } from "govuk-frontend";
import { grow, keep } from "./draft.js";
import { follow } from "./live.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
const start = (within) => {
  for (const part of [Accordion, Button, CharacterCount, Checkboxes, ErrorSummary, ExitThisPage, NotificationBanner, PasswordInput, Radios, SkipLink, Tabs]) {
    createAll(part, undefined, within);
  }
};
start(document);

// a menu closes when somebody goes elsewhere
const menus = document.querySelectorAll("details.kem-menu");
const closeBut = (kept) => menus.forEach((menu) => menu !== kept && menu.removeAttribute("open"));
document.addEventListener("click", (event) => closeBut(event.target.closest("details.kem-menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest("details.kem-menu[open]");
  closeBut(null);
  open?.querySelector("summary").focus();
});

// where there is room beside the list, its filters are open
if (window.matchMedia("(min-width: 900px)").matches) {
  document.querySelectorAll("details[data-kem-open-beside]").forEach((more) => more.setAttribute("open", ""));
}

document.querySelectorAll("[data-kem-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

// a choice in a form marked so sends it at once
document.querySelectorAll("form[data-kem-sends-itself]").forEach((form) => {
  form.addEventListener("change", () => form.requestSubmit());
});

document.querySelectorAll("form[data-kem-keeps]").forEach((form) => {
  keep(form);
  grow(form);
});
document.querySelectorAll("[data-kem-live]").forEach((list) => follow(list, start));
