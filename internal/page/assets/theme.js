// Sets the theme before anything is drawn. It is a script of its own, not a module, so
// that the first picture has the right colours.
"use strict";
{
  let theme = null;
  try { theme = localStorage.getItem("webrunner.theme"); } catch { /* storage is switched off */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
