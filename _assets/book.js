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

  // The questions of a chapter: an option that is chosen shows whether it is right, and a line below
  // counts those that were right at the first try. Paper gets the letters of the right options.
  function readQuestions(section) {
    var questions = [];
    section.querySelectorAll(":scope > details").forEach(function (option) {
      var before = option.previousElementSibling;
      if (!before || before.tagName !== "DETAILS") questions.push([]);
      var reason = option.textContent.slice(option.querySelector("summary").textContent.length);
      option.dataset.answer = /^\s*Right:/.test(reason) ? "right" : "wrong";
      questions[questions.length - 1].push(option);
    });
    return questions;
  }

  function addLine(section, name, text) {
    var line = document.createElement("p");
    line.className = name;
    line.textContent = text;
    section.append(line);
    return line;
  }

  function askQuestions() {
    var section = document.querySelector("section#check-yourself");
    if (!section) return;
    var questions = readQuestions(section);
    var tried = 0;
    var right = 0;
    var score = addLine(section, "book-score", "");
    score.setAttribute("role", "status");
    score.setAttribute("aria-live", "polite");
    addLine(section, "book-answers", "Answers: " + questions.map(function (options, number) {
      var place = options.findIndex(function (option) { return option.dataset.answer === "right"; });
      return number + 1 + " " + String.fromCharCode(65 + place);
    }).join(", "));
    questions.forEach(function (options) {
      options.forEach(function (option) {
        // A click, which a key makes too: what a search or a printer opens is no answer.
        option.querySelector("summary").addEventListener("click", function () {
          if (option.open) return;
          var first = !options.some(function (other) { return other.classList.contains("book-chosen"); });
          option.classList.add("book-chosen");
          if (!first) return;
          tried += 1;
          right += option.dataset.answer === "right";
          score.textContent = right + " of " + questions.length + " at the first try" +
            (tried < questions.length ? ", " + (questions.length - tried) + " to go" : "");
        });
      });
    });
  }

  // Glossary notes: a link to a term shows its entry's first sentence, under the mouse and with the
  // keyboard's focus. A finger follows the link.
  function explainTerms() {
    var article = document.querySelector(".bd-article");
    var shown = null; // {link, note}
    var waiting = 0;

    function hide() {
      window.clearTimeout(waiting);
      if (shown) shown.note.hidden = true;
      shown = null;
    }

    // The mouse may wander from the link to the note and back.
    function hideSoon() {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(hide, 250);
    }

    function keep() {
      window.clearTimeout(waiting);
    }

    // Below the link's last line, or above its first where there is no room; inside the window.
    function place() {
      if (!shown) return;
      var lines = shown.link.getClientRects();
      var last = lines[lines.length - 1];
      var note = shown.note;
      var below = last.bottom + 4;
      var fits = below + note.offsetHeight < window.innerHeight;
      var left = Math.min(last.left, document.documentElement.clientWidth - note.offsetWidth - 8);
      note.style.left = Math.max(8, left) + "px";
      note.style.top = (fits ? below : lines[0].top - note.offsetHeight - 4) + "px";
    }

    function show(link, note) {
      if (shown && shown.note === note) return keep();
      hide();
      shown = { link: link, note: note };
      note.hidden = false;
      place();
    }

    document.querySelectorAll(".bd-article a[data-note]").forEach(function (link, index) {
      var note = document.createElement("span");
      note.id = "glossary-note-" + index;
      note.className = "glossary-note";
      note.setAttribute("role", "tooltip");
      note.textContent = link.dataset.note;
      note.hidden = true;
      article.append(note);
      link.setAttribute("aria-describedby", note.id);
      link.addEventListener("pointerenter", function (event) {
        if (event.pointerType !== "touch") show(link, note);
      });
      link.addEventListener("pointerleave", hideSoon);
      link.addEventListener("focus", function () {
        if (link.matches(":focus-visible")) show(link, note);
      });
      link.addEventListener("blur", hide);
      note.addEventListener("pointerenter", keep);
      note.addEventListener("pointerleave", hideSoon);
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape") hide();
    });
    window.addEventListener("scroll", place, { passive: true });
    window.addEventListener("resize", place);
  }

  document.addEventListener("DOMContentLoaded", function () {
    askQuestions();
    keepPunctuation();
    nameFolds();
    nameControls();
    watchThemeSwitch();
    addLandmarks();
    plainBibliography();
    explainTerms();
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
