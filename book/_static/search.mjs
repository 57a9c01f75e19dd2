// The search page's part beside Sphinx's own script, whose global `Search` begins when the page is complete.
// Nothing here waits for texts before there is something to say: Sphinx does not.
const texts = import("./messages.mjs");

// The index has Chinese in pairs of characters; excerpts and marks are of whole words, as they were typed.
const HAN = /\p{Script=Han}+/gu;
const { _parseQuery: parse, makeSearchSummary: summarise } = Search;
let marks;

// The index is looked up by what readers type: "constructor" is no word of it because every object has one.
const { setIndex } = Search;
Search.setIndex = (index) => {
  withoutInherited(index);
  setIndex(index);
};
if (Search._index) withoutInherited(Search._index);

function withoutInherited(index) {
  for (const part of ["terms", "titleterms"]) {
    // Sphinx asks its tables themselves what they have.
    const own = Object.create(null, { hasOwnProperty: { value: (word) => Object.hasOwn(own, word) } });
    for (const [word, pages] of Object.entries(index[part])) own[word] = pages;
    index[part] = own;
  }
}

Search._parseQuery = (query) => {
  const parsed = parse(query);
  marks = new Set([...[...parsed[3]].filter((word) => word.search(HAN) < 0), ...(query.match(HAN) ?? [])]);
  localStorage.setItem("sphinx_highlight_terms", [...marks].join(" "));
  return parsed.with(3, marks);
};

Search.makeSearchSummary = (text, ignored, anchor) => summarise(text, marks, anchor);

// Says once, when a search has ended, how many pages it has found, or what to do if there are none.
const results = document.getElementById("search-results");

const announce = async () => {
  // Sphinx adds results one by one, and writes its summary last.
  if (!results.querySelector(".search-summary")?.textContent) return;
  ending.disconnect();
  const pages = new Set([...results.querySelectorAll("li > a")].map((link) => link.pathname)).size;
  const { message: _, plural } = await texts;
  const words = new URLSearchParams(location.search).get("q").trim();
  const found = pages ? plural("{n} page found for “{words}”.", "{n} pages found for “{words}”.", pages, { words }) : _("No page found for “{words}”.", { words });
  document.getElementById("search-status").textContent = found;
  document.getElementById("search-advice").hidden = pages > 0;
};

const ending = new MutationObserver(announce);
ending.observe(results, { childList: true, subtree: true });
