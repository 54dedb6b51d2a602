/* The search: sections, terms and functions, each with an extract, from the texts in sections.js.

Sphinx's search (searchtools.js) reads the query and shows its progress; this file replaces how it
finds, what it shows, and how the next page learns which words to mark. */
(function () {
  "use strict";

  var SHOWN = 40;
  var FEW = 12; // shown however far they are behind the first
  var EXTRACT = 220; // characters
  var TITLE = 4; // what a word in a title counts, or in the index, beside 1 in the text
  var CODE = 0.4;
  var TOGETHER = 1.5; // for a section where all words of the query stand side by side
  var REPEATED = 0.7; // what repeats the words of other sections, against what explains them
  var REPEATS = /^(summary|check yourself|exercises|further reading|what you will be able to do)$/i;
  // Words that say how something is asked, not what.
  var ASKING = ("what which when where why how who does do did is are was were can could should would"
    + " will i my me you your it its the a an of in on to for and or not no with without from by than"
    + " that this be between if there as at we our have has had get much many vs versus difference"
    + " differences").split(" ");
  var GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "φ": "phi",
    "χ": "chi", "ψ": "psi",
  };
  // Spellings and names of the same thing; the book's own is on the right.
  var SAME = {
    gpus: "gpu", graphics: "gpu", beta: "beta", grey: "gray", colour: "color", behaviour: "behavior",
    regulariser: "regularizer", intractable: "integral", knn: "neighbor", auroc: "roc", gaussian: "normal",
    gaussians: "normals",
  };

  var known = new Map();
  function stem(word) {
    if (!known.has(word)) {
      var one = SAME[word] || word;
      one = one.replace(/is(ation|ations|ed|e|es|ing|er|ers|able)$/, "iz$1");
      known.set(word, new Stemmer().stemWord(one));
    }
    return known.get(word);
  }

  function words(text) {
    var plain = text.toLowerCase().replace(/[α-ω]/g, function (letter) {
      return " " + (GREEK[letter] || letter) + " ";
    });
    return (plain.match(/[\p{L}\p{N}]+/gu) || []).map(stem);
  }

  function count(list) {
    var counts = new Map();
    list.forEach(function (word) { counts.set(word, (counts.get(word) || 0) + 1); });
    return counts;
  }

  // Each section with its words; how rare a word is, is counted over sections.
  function read(pages) {
    var found = [];
    pages.forEach(function (page) {
      var entry = /glossary/.test(page[0]);
      // What the page as a whole is about: its title, and what the index has for it.
      var about = new Set([page[1], ...page[2][0][4]].flatMap(words));
      page[2].forEach(function (section) {
        var text = words(section[2]);
        found.push({
          page: page[1], address: page[0], title: section[0], place: section[1], text: section[2],
          title_words: words(section[0]), page_words: about,
          index: section[4], indexed: section[4].map(words),
          counts: count(text), length: text.length, code: count(words(section[3])),
          line: " " + text.join(" ") + " ",
          term: entry && section[1] !== "",
          weight: REPEATS.test(section[0]) || /^api/.test(page[0]) ? REPEATED : 1,
        });
      });
    });
    return found;
  }

  function frequencies(sections) {
    var seen = new Map();
    sections.forEach(function (section) {
      var found = [...section.counts.keys(), ...section.title_words, ...section.indexed.flat()];
      new Set(found).forEach(function (word) { seen.set(word, (seen.get(word) || 0) + 1); });
    });
    return seen;
  }

  // What a word counts in titles and in the index: the more, the fewer words stand beside it.
  function named(word, titles) {
    return titles.reduce(function (best, title) {
      return title.includes(word) ? Math.max(best, TITLE / Math.sqrt(title.length)) : best;
    }, 0);
  }

  // Okapi BM25 for the text, more for titles; a section with all the words comes before the others.
  function score(section, wanted, rare, typical, whole) {
    var total = 0;
    var met = 0;
    wanted.forEach(function (word) {
      var times = section.counts.get(word) || 0;
      var norm = 0.4 + 0.6 * section.length / typical;
      var value = 2.2 * times / (times + 1.2 * norm);
      value += named(word, [section.title_words, ...section.indexed]);
      if (section.page_words.has(word)) value += 1;
      if (section.code.has(word)) value += CODE;
      if (value) {
        met += rare(word);
        total += value * rare(word);
      }
    });
    var all = wanted.reduce(function (sum, word) { return sum + rare(word); }, 0);
    total *= Math.pow(met / all, 3) * section.weight;
    var beside = wanted.slice(1).filter(function (word, i) {
      return section.line.includes(" " + wanted[i] + " " + word + " ");
    });
    if (beside.length) total *= 1 + (TOGETHER - 1) * beside.length / (wanted.length - 1);
    // The very words in the title or in the index: a term of the glossary first, then the section.
    var titles = [section.title_words, ...section.title.split(", ").map(words), ...section.indexed];
    titles = titles.map(function (title) { return " " + title.join(" ") + " "; });
    if (titles.includes(" " + whole + " ")) total *= section.term ? 4 : 2;
    else if (wanted.length > 1 && titles.some(function (one) {
      return one.includes(" " + whole + " ")
        || (/\S \S/.test(one) && (" " + whole + " ").includes(one));
    })) total *= 1.5;
    return total;
  }

  // The words that a page marks, as Sphinx's script reads them from its address. (It reads them from
  // the storage, too, but what was stored just now need not be there yet for a page from disk.)
  function marked(query) {
    var found = (query.toLowerCase().match(/[\p{L}\p{N}]+/gu) || []).filter(function (word) {
      return word.length > 1 && !ASKING.includes(word);
    });
    return found.length ? "?highlight=" + encodeURIComponent(found.join(" ")) : "";
  }

  // The word itself if the book has it, or else the most frequent one that begins with it, or "".
  function inBook(sections, seen, word) {
    if (seen.has(word) || sections.some(function (one) { return one.code.has(word); })) return word;
    if (word.length < 3) return "";
    var longer = [...seen.keys()].filter(function (one) { return one.startsWith(word); });
    return longer.sort(function (a, b) { return seen.get(b) - seen.get(a); })[0] || "";
  }

  function search(sections, seen, query) {
    var all = words(query);
    var asking = new Set(ASKING.map(stem));
    var wanted = [...new Set(all.filter(function (word) { return !asking.has(word); }))];
    if (!wanted.length) wanted = [...new Set(all)];
    var missing = new Set(wanted.filter(function (word) { return !inBook(sections, seen, word); }));
    wanted = wanted.map(function (word) { return inBook(sections, seen, word) || word; });
    var rare = function (word) { return Math.log(1 + sections.length / (1 + (seen.get(word) || 0))); };
    var typical = sections.reduce(function (sum, one) { return sum + one.length; }, 0) / sections.length;
    var results = sections.map(function (section) {
      return { section: section, score: score(section, wanted, rare, typical, all.join(" ")) };
    });
    results = results.filter(function (one) { return one.score > 0; });
    results.sort(function (a, b) { return b.score - a.score; });
    var found = results.filter(function (one, i) { return i < FEW || one.score > results[0].score / 8; });
    found = found.slice(0, SHOWN).map(function (one) { return one.section; });
    var unknown = (query.match(/[\p{L}\p{N}]+/gu) || []).filter(function (word) {
      return missing.has(stem(word.toLowerCase()));
    });
    return { found: found, words: wanted, unknown: unknown };
  }

  // The stretch of a text with the most of the words, from the beginning of a word; of a term of the
  // glossary its beginning, which says what it is.
  function extract(text, wanted, term) {
    var marks = [];
    text.replace(/[\p{L}\p{N}]+/gu, function (word, where) {
      if (words(word).some(function (one) { return wanted.includes(one); })) {
        marks.push([where, where + word.length, words(word)[0]]);
      }
      return word;
    });
    var best = 0;
    var most = 0;
    marks.forEach(function (mark) {
      var inside = marks.filter(function (one) {
        return one[0] >= mark[0] && one[1] <= mark[0] + EXTRACT - 40;
      });
      var value = new Set(inside.map(function (one) { return one[2]; })).size + inside.length / 100;
      if (value > most && !term) {
        most = value;
        best = mark[0];
      }
    });
    var start = best < 80 ? 0 : text.indexOf(" ", best - 40) + 1;
    var end = start + EXTRACT >= text.length ? text.length : text.lastIndexOf(" ", start + EXTRACT);
    var line = document.createElement("p");
    line.className = "context";
    if (start) line.append("… ");
    marks.forEach(function (mark) {
      if (mark[0] < start || mark[1] > end) return;
      var found = document.createElement("span");
      found.className = "highlighted";
      found.textContent = text.slice(mark[0], mark[1]);
      line.append(text.slice(start, mark[0]), found);
      start = mark[1];
    });
    line.append(text.slice(start, end));
    if (end < text.length) line.append(" …");
    return line;
  }

  // The entry of the index that has most of the words, if it has one that the section has not.
  function entryFor(section, wanted) {
    var most = 0;
    var found = "";
    section.indexed.forEach(function (entry, i) {
      var met = wanted.filter(function (word) { return entry.includes(word); });
      var known = met.every(function (word) {
        return section.counts.has(word) || section.title_words.includes(word);
      });
      if (!known && met.length > most) {
        most = met.length;
        found = section.index[i];
      }
    });
    return found;
  }

  function show(section, wanted, marks) {
    var item = document.createElement("li");
    var link = document.createElement("a");
    link.href = section.address + marks + (section.place ? "#" + section.place : "");
    link.textContent = section.place ? section.title : section.page;
    item.append(link);
    if (section.place) {
      var where = document.createElement("span");
      where.className = "search-page";
      where.textContent = " " + section.page;
      item.append(where);
    }
    var entry = entryFor(section, wanted);
    if (entry) {
      var index = document.createElement("p");
      index.className = "search-entry";
      index.textContent = "In the index: " + entry;
      item.append(index);
    }
    if (section.text) item.append(extract(section.text, wanted, section.term));
    return item;
  }

  document.addEventListener("DOMContentLoaded", function () {
    if (typeof Search === "undefined" || !window.BOOK_SECTIONS) return;
    var sections = read(window.BOOK_SECTIONS);
    var seen = frequencies(sections);
    Search.query = function (query) {
      var answer = search(sections, seen, query);
      var marks = marked(query);
      localStorage.removeItem("sphinx_highlight_terms");
      answer.found.forEach(function (section) {
        Search.output.append(show(section, answer.words, marks));
      });
      Search.stopPulse();
      Search.title.textContent = "Search results";
      Search.status.textContent = answer.found.length
        ? "Found in " + answer.found.length + (answer.found.length === 1 ? " place" : " places")
          + ", the likeliest first." + (answer.unknown.length
            ? " Not in the book: " + answer.unknown.join(", ") + "." : "")
        : "Nothing in the book has these words. Try fewer words, or another spelling.";
    };
  });
})();
