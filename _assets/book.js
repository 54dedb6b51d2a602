/* What the theme and its extensions leave undone for people who use a screen reader or a keyboard. */
(function () {
  "use strict";

  // What is folded says what it is: the code of a cell whose output is in sight, or a solution.
  function nameFolds() {
    document.querySelectorAll("details.hide > summary > *").forEach(function (label) {
      var whole = label.closest(".tag_hide-cell");
      label.textContent = label.textContent
        .replace("source", "code").replace("content", whole ? "solution" : "cell");
    });
  }

  // A control that shows text is called what it shows; one that shows a picture only keeps its label.
  function nameControls() {
    document.querySelectorAll("summary[aria-label], button.search-button-field[aria-label]")
      .forEach(function (element) {
        if (element.textContent.trim()) element.removeAttribute("aria-label");
      });
    document.querySelectorAll("button.theme-switch-button").forEach(function (button) {
      button.setAttribute("aria-label", "Colour mode: light, dark or as the system");
      button.querySelectorAll("title").forEach(function (title) { title.remove(); });
      button.querySelectorAll("svg, i").forEach(function (icon) {
        ["title", "role", "aria-labelledby"].forEach(function (attribute) {
          icon.removeAttribute(attribute);
        });
        icon.setAttribute("aria-hidden", "true");
      });
    });
  }

  // The theme's icons arrive late, each with a title of its own.
  function watchThemeSwitch() {
    document.querySelectorAll("button.theme-switch-button").forEach(function (button) {
      new MutationObserver(nameControls).observe(button, { childList: true, subtree: true });
    });
  }

  // The top of the side bar and the search belong to a landmark, like everything else on the page.
  function addLandmarks() {
    document.querySelectorAll("form.bd-search").forEach(function (form) {
      form.setAttribute("role", "search");
    });
    document.querySelectorAll(".sidebar-primary-items__start").forEach(function (element) {
      element.setAttribute("role", "region");
      element.setAttribute("aria-label", "Side bar");
    });
  }

  // docutils gives the bibliography roles that have since been withdrawn.
  function plainBibliography() {
    document.querySelectorAll(".citation-list[role], .citation[role]").forEach(function (element) {
      element.removeAttribute("role");
    });
    document.querySelectorAll(".citation [role='doc-backlink']").forEach(function (element) {
      element.removeAttribute("role");
    });
  }

  // What is wider than its place scrolls there, so the keyboard has to reach it.
  function setScrolling(element, scrolls, name) {
    if (scrolls) {
      element.setAttribute("tabindex", "0");
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", name);
    } else {
      ["tabindex", "role", "aria-label"].forEach(function (attribute) {
        element.removeAttribute(attribute);
      });
    }
  }

  function reachWideParts() {
    document.querySelectorAll("mjx-container").forEach(function (formula) {
      var picture = formula.querySelector("svg");
      var line = formula.parentElement;
      if (!picture || !line.clientWidth) return;
      var wide = picture.getBoundingClientRect().width > line.clientWidth + 1;
      formula.classList.toggle("book-wide", wide);
      setScrolling(formula, wide, "Formula, scrolls sideways");
    });
    document.querySelectorAll(".pst-scrollable-table-container").forEach(function (box) {
      if (box.clientWidth) {
        setScrolling(box, box.scrollWidth > box.clientWidth, "Table, scrolls sideways");
      }
    });
  }

  // A full stop behind a formula stays on the formula's line.
  function keepPunctuation() {
    document.querySelectorAll(".bd-article span.math").forEach(function (formula) {
      var next = formula.nextSibling;
      var found = next && next.nodeType === Node.TEXT_NODE && /^[.,;:!?)]+/.exec(next.data);
      if (!found) return;
      next.splitText(found[0].length);
      var together = document.createElement("span");
      together.className = "book-together";
      formula.before(together);
      together.append(formula, next);
    });
  }

  // == Print

  // A link to another place prints its address, in short, unless its text is that address.
  function shortAddress(link) {
    var address = link.href.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");
    var text = link.textContent.trim().replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");
    if (!text || address.indexOf(text) >= 0 && text.indexOf("/") >= 0) return "";
    if (address.length <= 60) return address;
    return address.slice(0, address.indexOf("/") + 1) + "…" + address.slice(address.lastIndexOf("/"));
  }

  function nameAddresses() {
    document.querySelectorAll(".bd-article a[href^='http']").forEach(function (link) {
      var address = shortAddress(link);
      if (address) link.dataset.address = address;
    });
  }

  // On paper the colours are light and the solutions open; only code stays folded.
  var beforePrint = null;

  function setForPrint(printing) {
    var root = document.documentElement;
    if (printing === (beforePrint !== null)) return;
    if (printing) {
      beforePrint = { theme: root.dataset.theme, opened: [] };
      root.dataset.theme = "light";
      document.querySelectorAll(".bd-article details:not([open])").forEach(function (fold) {
        if (fold.closest(".tag_hide-input, #check-yourself")) return; // questions have a rule of their own
        fold.open = true;
        beforePrint.opened.push(fold);
      });
    } else {
      root.dataset.theme = beforePrint.theme;
      beforePrint.opened.forEach(function (fold) { fold.open = false; });
      beforePrint = null;
    }
  }

  function watchPrinter() {
    var paper = window.matchMedia("print");
    var root = document.documentElement;
    // The theme may follow the system's colours meanwhile.
    new MutationObserver(function () {
      if (beforePrint === null || root.dataset.theme === "light") return;
      beforePrint.theme = root.dataset.theme;
      root.dataset.theme = "light";
    }).observe(root, { attributeFilter: ["data-theme"] });
    paper.addEventListener("change", function () { setForPrint(paper.matches); });
    window.addEventListener("beforeprint", function () { setForPrint(true); });
    window.addEventListener("afterprint", function () { setForPrint(false); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    nameAddresses();
    watchPrinter();
    keepPunctuation();
    nameFolds();
    nameControls();
    watchThemeSwitch();
    addLandmarks();
    plainBibliography();
  });

  window.addEventListener("load", function () {
    reachWideParts();
    var mathJax = window.MathJax;
    if (mathJax && mathJax.startup && mathJax.startup.promise) {
      mathJax.startup.promise.then(reachWideParts);
    }
    var pending = 0;
    window.addEventListener("resize", function () {
      window.clearTimeout(pending);
      pending = window.setTimeout(reachWideParts, 150);
    });
    // What is in a folded cell has no width until the cell is opened.
    document.addEventListener("toggle", reachWideParts, true);
  });
})();
