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

  // The list of chapters opens where the reader is.
  function showPlace() {
    var link = document.querySelector(".bd-sidebar-primary .bd-docs-nav a.current");
    if (!link) return;
    var list = link.closest(".sidebar-primary-item");
    var below = link.getBoundingClientRect().top - list.getBoundingClientRect().top;
    if (below > 0.6 * list.clientHeight) list.scrollTop += below - 0.3 * list.clientHeight;
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

  // First everything is measured, then changed: a change between would have the page laid out again.
  function reachWideParts() {
    function measure(selector, tolerance, name) {
      return Array.from(document.querySelectorAll(selector)).filter(function (box) {
        var folded = box.checkVisibility && !box.checkVisibility(); // to ask would lay the fold out
        return !folded && box.clientWidth;
      }).map(function (box) {
        return [box, box.scrollWidth > box.clientWidth + tolerance, name];
      });
    }
    measure(".bd-article :is(div, span).math", 1, "Formula, scrolls sideways")
      .concat(measure(".pst-scrollable-table-container", 0, "Table, scrolls sideways"))
      .forEach(function (part) { setScrolling(part[0], part[1], part[2]); });
  }

  // The theme has done so for the code that is in sight.
  function reachCode(fold) {
    Array.from(fold.querySelectorAll("pre"), function (code) {
      return [code, code.scrollWidth > code.clientWidth || code.scrollHeight > code.clientHeight];
    }).forEach(function (pair) { pair[0].tabIndex = pair[1] ? 0 : -1; });
  }

  // The questions of a chapter: an option that is chosen shows whether it is right, and a line below
  // counts those that were right at the first try. Paper gets the letters of the right options.
  function readQuestions(section) {
    var questions = [];
    section.querySelectorAll(":scope > details").forEach(function (option) {
      var before = option.previousElementSibling;
      if (!before || before.tagName !== "DETAILS") questions.push([]);
      markAnswer(option);
      questions[questions.length - 1].push(option);
    });
    return questions;
  }

  function markAnswer(option) {
    var reason = option.textContent.slice(option.querySelector("summary").textContent.length);
    option.dataset.answer = /^\s*Right:/.test(reason) ? "right" : "wrong";
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

  // A browser may forbid the memory; then a choice holds for this page.
  function remembers(name) {
    try {
      return window.localStorage.getItem(name) === "yes";
    } catch (error) {
      return false;
    }
  }

  function remember(name, chosen) {
    try {
      if (chosen) window.localStorage.setItem(name, "yes");
      else window.localStorage.removeItem(name);
    } catch (error) {
      // It holds for this page.
    }
  }

  // What an address leads to: a place with that name, or a living figure's situation, #live-NAME:…
  function targetOf(hash) {
    var name = hash.slice(1);
    try {
      name = decodeURIComponent(name);
    } catch (error) {
      // A stray per cent sign: the name is as it stands.
    }
    var figure = /^live-([\w-]+)/.exec(name);
    var place = figure && document.querySelector(".live[data-live='" + figure[1] + "']");
    return name && document.getElementById(name) || place;
  }

  // An address may name words to scroll to, and only what is in sight is found.
  function seeksWords() {
    var visit = window.performance.getEntriesByType("navigation")[0];
    return Boolean(visit) && visit.name.indexOf(":~:text=") >= 0;
  }

  function comesBack() {
    var visit = window.performance.getEntriesByType("navigation")[0];
    return Boolean(visit) && /reload|back_forward/.test(visit.type);
  }

  // == Pages of a chapter: its sections bear the number of their page (_ext/chapter_pages.py), and one
  // page is in sight at a time. The browser's own search still finds the others, and goes there; who
  // wants the whole chapter in one piece has it, and paper does.
  var WHOLE_CHAPTERS = "book-whole-chapters"; // in the browser's memory: "yes", or nothing
  var chapter = null; // {root, pages: [parts of the page], shown: its place, whole, navs}

  function takePages() {
    var sections = Array.from(
      document.querySelectorAll(".bd-article section > section[class*='book-page-']"));
    if (!sections.length) return;
    var root = sections[0].parentElement;
    var parts = Array.from(root.children);
    var before = parts.slice(0, parts.indexOf(sections[0])).filter(function (part) {
      return part.tagName !== "H1";
    });
    var pages = [before];
    sections.forEach(function (section) {
      var place = Number(/book-page-(\d+)/.exec(section.className)[1]) - 1;
      (pages[place] = pages[place] || []).push(section);
    });
    var whole = remembers(WHOLE_CHAPTERS) || seeksWords();
    chapter = { root: root, pages: pages, shown: 0, whole: whole, navs: [] };
    addPageLinks();
    var target = targetOf(window.location.hash);
    showPage(Math.max(0, pageOf(target)));
    // It was not there a moment ago. Who reloads or comes back is put where he was by the browser.
    if (target && chapter.shown > 0 && !comesBack()) target.scrollIntoView();
    sections.concat(before).forEach(function (part) {
      part.addEventListener("beforematch", function () { showPage(pageOf(part)); });
    });
    window.addEventListener("hashchange", followHash);
    window.addEventListener("popstate", followHash); // before the browser looks for the old place
    document.addEventListener("click", function (event) {
      var link = event.target.closest(".book-pages a"); // other links change the hash
      var page = link ? pageOf(targetOf(link.hash)) : -1;
      if (page < 0 || page === chapter.shown || chapter.whole) return;
      event.preventDefault(); // to the top of the page, without a mark on its first heading
      window.history.pushState(null, "", link.hash);
      showPage(page);
      window.scrollTo(0, 0);
      var heading = page ? startOf(page).querySelector("h2") : chapter.root.querySelector("h1");
      heading.setAttribute("tabindex", "-1");
      heading.focus({ preventScroll: true });
    }, true);
  }

  // The place of the page that an element is on; 0 for the chapter itself, -1 for what is on no page.
  function pageOf(element) {
    if (!element) return -1;
    if (element === chapter.root || element.matches("h1")) return 0;
    return chapter.pages.findIndex(function (parts) {
      return parts.some(function (part) { return part.contains(element); });
    });
  }

  function followHash() {
    var hash = window.location.hash;
    var page = hash.length > 1 ? pageOf(targetOf(hash)) : 0;
    if (page < 0 || page === chapter.shown || chapter.whole) return;
    showPage(page);
    if (hash.length > 1) targetOf(hash).scrollIntoView();
  }

  function showPage(page) {
    chapter.shown = page;
    setPages(beforePrint !== null);
    document.documentElement.classList.remove("book-paged"); // from here on the attributes tell
    var last = chapter.pages.length - 1;
    setAway(".prev-next-area .left-prev", page > 0);
    setAway(".prev-next-area .right-next", page < last);
    chapter.navs.forEach(function (nav) { nav.renew(); });
    if (document.readyState !== "complete") return; // else what follows comes with `load`
    chapter.pages[page].forEach(reachCode);
    window.dispatchEvent(new Event("resize")); // what depends on the page's size looks anew
  }

  function setPages(all) {
    if (!chapter) return;
    chapter.pages.forEach(function (parts, place) {
      var shown = all || chapter.whole || place === chapter.shown;
      parts.forEach(function (part) {
        if (shown) part.removeAttribute("hidden");
        else part.setAttribute("hidden", "until-found");
      });
    });
  }

  function setAway(selector, away) {
    document.querySelectorAll(selector).forEach(function (link) {
      link.classList.toggle("book-away", away && !chapter.whole);
    });
  }

  // The links to the pages: above a later page, and below every page with the way on.
  function addPageLinks() {
    var title = chapter.root.querySelector("h1");
    chapter.navs = [true, false].map(function (above) {
      var nav = build("nav", { class: "book-pages" });
      nav.setAttribute("aria-label", "Pages of this chapter" + (above ? "" : ", below"));
      if (above) title.after(nav);
      else chapter.root.append(nav);
      function renew() {
        nav.replaceChildren();
        nav.hidden = above && (chapter.whole || chapter.shown === 0);
        if (!chapter.whole) fillPageLinks(nav, above);
        if (!above) nav.append(wholeSwitch());
      }
      return { renew: renew };
    });
  }

  function startOf(page) {
    return page === 0 ? chapter.root : chapter.pages[page][0];
  }

  function fillPageLinks(nav, above) {
    var count = chapter.pages.length;
    var next = chapter.shown + 1;
    if (!above && next < count) {
      var heading = startOf(next).querySelector("h2").cloneNode(true);
      heading.querySelectorAll(".headerlink").forEach(function (mark) { mark.remove(); });
      var on = build("a", { class: "book-next-page", href: "#" + startOf(next).id });
      on.append(build("span", {}, "Next page"), heading.textContent.trim());
      nav.append(on);
    }
    var list = build("ol", {});
    chapter.pages.forEach(function (parts, place) {
      var entry = build("li", {});
      var link = build("a", { href: "#" + startOf(place).id }, "Page " + (place + 1));
      if (place === chapter.shown) link.setAttribute("aria-current", "page");
      entry.append(link);
      list.append(entry);
    });
    nav.append(list);
  }

  function wholeSwitch() {
    var label = build("label", {});
    var box = build("input", { type: "checkbox" });
    box.checked = chapter.whole;
    label.append(box, " Whole chapters");
    box.addEventListener("change", function () {
      var mark = startOf(chapter.shown);
      var before = mark.getBoundingClientRect().top;
      chapter.whole = box.checked;
      remember(WHOLE_CHAPTERS, chapter.whole);
      var here = chapter.whole ? chapter.shown : chapter.pages.length - 1; // the end is where one is
      showPage(here);
      window.scrollBy(0, mark.getBoundingClientRect().top - before);
      chapter.root.querySelector(":scope > nav:last-of-type input").focus({ preventScroll: true });
    });
    return label;
  }

  // In the contents a line says where a later page begins.
  function markPages(contents) {
    if (!chapter) return;
    chapter.pages.forEach(function (parts, place) {
      var link = place > 0 && contents.querySelector("a[href='#" + parts[0].id + "']");
      if (link) link.closest("li").classList.add("book-page-begins");
      if (link) link.closest("li").dataset.page = "Page " + (place + 1);
    });
  }

  // == Guesses: questions in the middle of a chapter, with options like those above. Who sees the
  // result guesses no more, so it is covered until an option is chosen. It keeps its place.
  var SHOW_RESULTS = "book-show-results"; // in the browser's memory: "yes", or nothing
  var guesses = []; // {box, question, parts, button, hint, known}

  function takeGuesses() {
    document.querySelectorAll(".bd-article p > strong:first-child").forEach(function (prompt) {
      var question = prompt.parentElement;
      if (!/^(Before you |Predict)/.test(question.textContent.trim())) return;
      var options = [];
      var next = question.nextElementSibling;
      for (; next && next.matches("details:not(.hide)"); next = next.nextElementSibling) {
        options.push(next);
      }
      if (!options.length || question.closest("#check-yourself")) return;
      var box = build("div", { class: "book-guess" });
      question.before(box);
      [question].concat(options).forEach(function (part) { box.append(part); });
      options.forEach(markAnswer);
      guesses.push({ box: box, question: question, options: options, known: false });
    });
  }

  // What a guess is about: the first outputs behind it, up to the next text or heading. Who is asked
  // before reading on has the answer in the text before them, too.
  function behind(guess) {
    var text = /^Before you read on/.test(guess.question.textContent.trim());
    var parts = [];
    var outputs = 0;
    var next = guess.box.nextElementSibling;
    for (; next && !next.matches("section, .book-guess, .tag_hide-cell"); next = next.nextElementSibling) {
      var output = next.matches(".cell") && next.querySelector(".cell_output");
      if (output) {
        outputs += 1;
        parts.push(output.closest(".live") || output);
      } else if (!next.matches(".cell")) {
        if (outputs) break;
        if (text) parts.push(next);
      }
    }
    return parts;
  }

  function setCover(guess, covered) {
    guess.button.hidden = !covered;
    guess.hint.classList.toggle("book-past", !covered);
    guess.parts.forEach(function (part) {
      part.classList.toggle("book-covered", covered);
      setUnheard(part, covered);
    });
  }

  function setUnheard(part, unheard) {
    part.inert = unheard;
    if (unheard) part.setAttribute("aria-hidden", "true");
    else part.removeAttribute("aria-hidden");
  }

  function isCovered(guess) {
    return !guess.button.hidden;
  }

  function uncover(guess) {
    guess.known = true;
    if (!isCovered(guess)) return;
    guess.parts.forEach(function (part) { part.classList.add("book-uncovered"); });
    setCover(guess, false);
  }

  // A link or a search may lead to what is covered.
  function uncoverAround(element) {
    if (!element) return;
    guesses.forEach(function (guess) {
      if (guess.parts.some(function (part) { return part.contains(element); })) uncover(guess);
    });
  }

  function uncoverFound() {
    var first = chapter && !window.location.hash && document.querySelector(".bd-article .highlighted");
    if (first && pageOf(first) >= 0) showPage(pageOf(first));
    document.querySelectorAll(".book-covered .highlighted").forEach(uncoverAround);
  }

  // The button lies on what is covered, but not in it, where nothing can be reached. It goes to the
  // first output that has room for it.
  function addCover(guess) {
    var line = build("p", { class: "book-guess-line" });
    guess.hint = build("span", {}, "The result is covered until you choose.");
    var label = build("label", {});
    guess.always = build("input", { type: "checkbox" });
    guess.always.checked = remembers(SHOW_RESULTS);
    label.append(guess.always, " Always show results");
    line.append(guess.hint, label);
    guess.box.append(line);
    guess.button = build("button", { type: "button", class: "book-reveal" }, "Show the result");
    var place = build("div", { class: "book-reveal-place" });
    place.append(guess.button);
    var high = guess.parts.find(function (part) { return part.querySelector("img, pre, table"); });
    guess.button.classList.toggle("book-reveal-high", Boolean(high));
    (high || guess.parts[0]).before(place);
    guess.button.addEventListener("click", function () {
      uncover(guess);
      guess.parts[0].setAttribute("tabindex", "-1");
      guess.parts[0].focus({ preventScroll: true });
    });
    guess.always.addEventListener("change", function () {
      setAlways(guess.always.checked);
    });
  }

  // Taken back, the choice covers what has not been seen by a guess or by the button.
  function setAlways(shown) {
    remember(SHOW_RESULTS, shown);
    guesses.forEach(function (guess) {
      guess.always.checked = shown;
      setCover(guess, !shown && !guess.known);
    });
  }

  function askGuesses() {
    takeGuesses();
    guesses.forEach(function (guess) {
      guess.parts = behind(guess);
      guess.options.forEach(function (option) {
        option.querySelector("summary").addEventListener("click", function () {
          if (option.open) return;
          option.classList.add("book-chosen");
          if (guess.parts.length) uncover(guess);
        });
      });
    });
    guesses = guesses.filter(function (guess) { return guess.parts.length; });
    var shown = remembers(SHOW_RESULTS) || seeksWords();
    guesses.forEach(function (guess) {
      addCover(guess);
      setCover(guess, !shown);
    });
    uncoverAround(targetOf(window.location.hash));
    window.addEventListener("hashchange", function () { uncoverAround(targetOf(window.location.hash)); });
    document.addEventListener("click", function (event) {
      var link = event.target.closest("a[href^='#']"); // before the browser goes there
      if (link) uncoverAround(targetOf(link.hash));
    }, true);
  }

  // == Print

  // A link to another place prints its address, in short, unless its text is that address.
  function shortAddress(link) {
    var address = link.href.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");
    var text = link.textContent.trim().replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");
    text = text.replace(/^(doi|arxiv):\s*/i, "");
    if (!text || text.length > 7 && address.indexOf(text) >= 0) return "";
    if (address.length <= 60) return address;
    var host = address.slice(0, address.indexOf("/"));
    return host + "/…" + address.slice(address.lastIndexOf("/"));
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
      beforePrint = { theme: root.dataset.theme, opened: [], covered: guesses.filter(isCovered) };
      root.dataset.theme = "light";
      setPages(true);
      setAllUnheard(beforePrint.covered, false); // or a PDF has no words for it
      document.querySelectorAll("img[loading]").forEach(function (picture) {
        picture.removeAttribute("loading");
      });
      document.querySelectorAll(".bd-article details:not([open])").forEach(function (fold) {
        if (fold.closest(".tag_hide-input, #check-yourself")) return;
        if (fold.matches(".book-guess > [data-answer='wrong']")) return;
        fold.open = true;
        beforePrint.opened.push(fold);
      });
    } else {
      root.dataset.theme = beforePrint.theme;
      setPages(false);
      beforePrint.opened.forEach(function (fold) { fold.open = false; });
      setAllUnheard(beforePrint.covered, true);
      beforePrint = null;
    }
  }

  function setAllUnheard(covered, unheard) {
    covered.forEach(function (guess) {
      guess.parts.forEach(function (part) { setUnheard(part, unheard); });
    });
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

  // == Finding your way

  function build(name, attributes, text) {
    var element = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (text) element.textContent = text;
    return element;
  }

  // The contents of the page mark the section that is being read. The theme's own mark stays behind
  // where a section is longer than the window; it is left with the links that these replace.
  function takeContents() {
    var contents = document.querySelector("#pst-page-toc-nav");
    if (!contents) return [];
    var ours = contents.cloneNode(true);
    ours.querySelectorAll(".active").forEach(function (part) { part.classList.remove("active"); });
    markPages(ours);
    contents.replaceWith(ours);
    return Array.from(ours.querySelectorAll("a[href^='#']")).map(function (link) {
      var name = decodeURIComponent(link.hash.slice(1));
      return { link: link, section: document.getElementById(name) };
    }).filter(function (entry) { return entry.section; });
  }

  function keepInView(link) {
    var box = link.closest(".bd-sidebar-secondary");
    if (!box || box.scrollHeight <= box.clientHeight) return;
    var place = link.getBoundingClientRect();
    var frame = box.getBoundingClientRect();
    if (place.top < frame.top + 48 || place.bottom > frame.bottom - 48) {
      box.scrollTop += place.top - frame.top - frame.height / 3;
    }
  }

  function markSection(entries, end) {
    var line = window.innerHeight * 0.3;
    var now = null;
    var inSight = entries.filter(function (entry) { return !entry.section.closest("[hidden]"); });
    inSight.forEach(function (entry) {
      if (entry.section.getBoundingClientRect().top <= line) now = entry;
    });
    if (end && inSight.length) now = inSight[inSight.length - 1];
    entries.forEach(function (entry) {
      var here = entry === now;
      if (here === entry.link.classList.contains("active")) return;
      entry.link.classList.toggle("active", here);
      if (here) {
        entry.link.setAttribute("aria-current", "true");
        keepInView(entry.link);
      } else {
        entry.link.removeAttribute("aria-current");
      }
    });
  }

  function addTopButton(main) {
    var button = build("button", { type: "button", class: "book-top", hidden: "" }, "Back to top");
    button.addEventListener("click", function () {
      var title = document.querySelector(".bd-article h1");
      window.scrollTo(0, 0);
      if (!title) return;
      title.setAttribute("tabindex", "-1");
      title.focus({ preventScroll: true });
    });
    main.append(button);
    return button;
  }

  function followReader() {
    var main = document.querySelector("main");
    if (!main) return;
    var entries = takeContents();
    var progress = build("div", { class: "book-progress", "aria-hidden": "true" });
    main.append(progress);
    var top = addTopButton(main);
    var waiting = false;

    function look() {
      waiting = false;
      var page = document.documentElement;
      var rest = page.scrollHeight - page.clientHeight;
      var read = rest > 0 ? Math.min(1, window.scrollY / rest) : 0;
      progress.style.transform = "scaleX(" + read + ")";
      top.hidden = window.scrollY < page.clientHeight;
      markSection(entries, rest > 0 && window.scrollY >= rest - 2);
    }

    function soon() {
      if (!waiting) window.requestAnimationFrame(look);
      waiting = true;
    }

    window.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    look();
  }

  // A figure becomes as large as the window, or, on a phone, large enough to be read.
  function openFigure(button, picture) {
    var dialog = build("dialog", { class: "book-large", "aria-label": "Figure, enlarged" });
    var close = build("button", { type: "button", class: "book-close" }, "Close");
    var frame = build("div", { class: "book-frame" });
    setScrolling(frame, true, "Figure, scrolls");
    frame.append(build("img", {
      src: picture.currentSrc || picture.src,
      alt: picture.alt,
      class: picture.className,
    }));
    dialog.append(close, frame);
    var caption = picture.closest("figure").querySelector("figcaption");
    if (caption) {
      var copy = build("div", { class: "book-caption" });
      caption.querySelectorAll(".caption-number, .caption-text").forEach(function (part) {
        copy.append(part.cloneNode(true));
      });
      copy.querySelectorAll("[id]").forEach(function (part) { part.removeAttribute("id"); });
      dialog.append(copy);
    }
    close.addEventListener("click", function () { dialog.close(); });
    frame.addEventListener("click", function () { dialog.close(); });
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", function () {
      dialog.remove();
      button.focus({ preventScroll: true });
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  function enlargeFigures() {
    if (!window.HTMLDialogElement) return;
    document.querySelectorAll(".bd-article figure img").forEach(function (picture) {
      if (picture.closest(".live:not(.live-beside)")) return; // it gives way to a living figure
      var figure = picture.closest("figure");
      var number = figure.querySelector(".caption-number");
      var name = "Enlarge " + (number ? number.textContent.trim() : "the figure");
      var button = build("button", { type: "button", class: "book-enlarge", "aria-label": name });
      figure.classList.add("book-figure");
      picture.after(button);
      [picture, button].forEach(function (part) {
        part.addEventListener("click", function () {
          openFigure(button, picture);
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

  // A file is saved, not shown as text, and the entries of the menu say so. From disk a browser shows
  // it all the same: there it keeps the window of its own that the theme gives it.
  function nameDownloads() {
    function name(entry, text, hint) {
      entry.querySelector(".btn__text-container").textContent = text;
      entry.removeAttribute("title");
      entry.setAttribute("data-bs-original-title", hint);
    }
    document.querySelectorAll("a.btn-download-source-button").forEach(function (link) {
      var kind = /\.\w+$/.exec(link.pathname);
      link.setAttribute("download", "");
      if (window.location.protocol !== "file:") link.removeAttribute("target");
      name(link, "Save as " + (kind ? kind[0] : "a file"), "Save the source of this page");
    });
    document.querySelectorAll("button.btn-download-pdf-button").forEach(function (button) {
      name(button, "Print or save as .pdf", "Print this page");
    });
  }

  // The theme takes the focus from its switch; the keyboard gets it back.
  function keepSwitchFocus() {
    document.querySelectorAll("button.theme-switch-button").forEach(function (button) {
      button.addEventListener("click", function (event) {
        if (event.detail > 0) return; // a mouse
        window.setTimeout(function () { button.focus({ preventScroll: true }); }, 0);
      });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    takePages();
    askQuestions();
    askGuesses();
    nameAddresses();
    nameDownloads();
    keepSwitchFocus();
    enlargeFigures();
    watchPrinter();
    nameFolds();
    nameControls();
    watchThemeSwitch();
    addLandmarks();
    plainBibliography();
    explainTerms();
  });

  window.addEventListener("load", function () {
    window.setTimeout(uncoverFound, 50); // Sphinx marks what a search has found a little late
    showPlace();
    followReader();
    reachWideParts();
    document.fonts.ready.then(reachWideParts);
    var pending = 0;
    window.addEventListener("resize", function () {
      window.clearTimeout(pending);
      pending = window.setTimeout(reachWideParts, 150);
    });
    // What is in a folded cell has no width until the cell is opened.
    document.addEventListener("toggle", function (event) {
      reachWideParts();
      if (event.target.open) reachCode(event.target);
    }, true);
  });
})();
