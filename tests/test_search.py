"""The search: how it cuts words in the index and in the browser, and what readers find."""

import re
from urllib.parse import quote

import pytest

from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from bookbuild.site import search
from tests.watching import in_a_browser

SITE = BUILD / "html"
CHAPTERS = sorted(path.stem for path in (SITE / "notebooks").glob("*.html"))
SPLITTER = search.SearchEnglishAndChinese({})


# What a reader of each chapter would type. The first term of each language is the chapter's own: it is found first,
# or beside chapters that share it.
TERMS = {
    "planner": (
        ["capacity planning", "compute budget", "latency", "busiest hour"],
        ["算力规划", "推理时延", "算力需求测算", "大语言模型", "算力利用率"],
    ),
    "training-gpus": (
        ["GPT-3 training time", "how many GPUs", "deadline", "TF32"],
        ["训练所需算力", "算力需求测算", "大语言模型", "算力利用率", "训练时间"],
    ),
    "inference-gpus": (
        ["GPT-3 inference", "Google questions", "busiest hour", "tokens a second"],
        ["推理访问次数", "算力需求测算", "推理所需运算次数", "大语言模型", "AI服务器"],
    ),
    "serving-users": (
        ["LLM serving", "cost per million tokens", "prefix caching", "speculative decoding"],
        ["推理服务", "推理成本", "首字时延", "并发用户", "大语言模型"],
    ),
    "what-fits": (
        ["local LLM", "VRAM calculator", "longest context", "QLoRA", "GGUF"],
        ["本地部署", "显存占用", "量化格式", "上下文长度", "微调显存", "大语言模型"],
    ),
    "training-schedules": (
        ["PanGu", "Ascend 910", "Taichu", "utilisation"],
        ["鹏城盘古", "紫东太初", "训练算力", "算力利用率", "大语言模型"],
    ),
    "training-cost": (
        ["training cost", "electricity", "carbon dioxide", "rent"],
        ["训练成本", "算力当量", "算力效率", "算力利用率", "大语言模型"],
    ),
    "transformer-flops": (
        ["transformer FLOPs", "MFU", "attention heads", "vocabulary"],
        ["隐藏层维度", "矩阵乘", "词表大小", "模型算力利用率", "大语言模型"],
    ),
    "how-much-data": (
        ["scaling law", "Chinchilla", "tokens per parameter", "tokeniser"],
        ["训练数据", "涌现能力", "汉字", "词元", "大语言模型"],
    ),
    "memory": (
        ["GPU memory", "VRAM", "KV cache", "quantisation"],
        ["显存", "内存占用", "混合精度训练", "优化器", "大语言模型"],
    ),
    "training-step": (
        ["pipeline bubble", "linearity", "throughput", "micro-batch"],
        ["流水线空泡", "线性度", "加速比", "吞吐率", "流水线并行", "大语言模型"],
    ),
    "does-it-predict": (
        ["prediction error", "published runs", "calibration", "step time"],
        ["预测误差", "训练步时间", "推理吞吐", "训练性能", "大语言模型"],
    ),
    "failures": (
        ["checkpoint interval", "goodput", "mean time between failures", "spare servers"],
        ["检查点", "平均无故障时间", "断点续训", "有效训练时间", "大语言模型"],
    ),
    "cv-backlog": (
        ["vision models", "computer vision", "training cluster", "object detection"],
        ["视频训练算法", "机器视觉", "目标检测", "视频异常检测", "人员跟踪"],
    ),
    "inference-cards": (
        ["inference cards", "cameras", "video streams", "frames a second"],
        ["推理卡", "视频流", "视频分析", "并行效率", "昇腾芯片"],
    ),
    "cnn-macs": (
        ["ResNet", "MobileNet", "convolution", "image classification", "EfficientNet", "vision transformer", "YOLOv5"],
        ["图像分类", "参数量", "计算量", "逐通道卷积"],
    ),
    "hardware-claims": (
        ["hardware claims", "TPU v4", "sparsity", "optical switch"],
        ["超级计算机", "稀疏計算", "光电路交换机", "显存带宽", "大语言模型"],
    ),
    "small-print": (
        ["small print", "Segment Anything", "Koala", "Amdahl's law"],
        ["大模型套件", "圖像分割", "微调套件", "阿姆达尔定律"],
    ),
}


@pytest.fixture(scope="module")
def new_tab():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield lambda: browser.new_page(base_url=address)


@pytest.fixture(scope="module")
def tab(new_tab):
    return new_tab()


@pytest.fixture
def results(tab):
    """Return a function that searches for words, and gives the pages found, the best first."""

    def search_for(words):
        tab.goto(f"search.html?q={quote(words)}")
        tab.locator("[role=status]", has_text="found").wait_for()
        addresses = tab.locator("#search-results li a").evaluate_all("links => links.map(link => link.pathname)")
        return list(dict.fromkeys(re.sub(r"^/|[.]html$", "", path) for path in addresses))

    return search_for


# What the page's script finds, in the order in which it lists it, without fetching each page for an excerpt.
RANK = "words => Search._performSearch(...Search._parseQuery(words)).reverse().map(found => found[0])"


@pytest.fixture(scope="module")
def ranked(new_tab):
    """Return a function that gives the pages of a search, the best first, but does not list them."""
    tab = new_tab()
    tab.goto("search.html")
    browsing.wait_until(tab, "Search.hasIndex()")
    return lambda words: list(dict.fromkeys(tab.evaluate(RANK, words)))


def test_chinese_is_cut_into_pairs_and_english_into_words():
    assert SPLITTER.split("GPU显存 of 8") == ["GPU", "显", "存", "显存", "of", "8"]
    assert SPLITTER.split("大模型") == ["大", "模", "型", "大模", "模型"]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("token", "300 billion tokens", True),
        ("token", "a tokeniser", False),
        ("MAC", "two FLOP a MAC", True),
        ("MAC", "a mac and cheese", False),
        ("loss", "Losses fall", True),
        ("layer", "multi-layer", False),
    ],
)
def test_a_term_occurs_as_a_word(term, text, expected):
    assert search.occurs(term, text) is expected


def test_every_chapter_has_terms_to_search_for():
    assert sorted(TERMS) == CHAPTERS
    for english, chinese in TERMS.values():
        assert len(english) >= 2
        assert len([term for term in chinese if len(term) > 2]) >= 2


@in_a_browser
@pytest.mark.parametrize(
    ("chapter", "words"),
    [(chapter, words) for chapter, terms in TERMS.items() for language in terms for words in language],
)
def test_a_chapter_is_found_by_its_terms(ranked, chapter, words):
    found = ranked(words)
    assert f"notebooks/{chapter}" in found
    if words in (terms[0] for terms in TERMS[chapter]):
        assert f"notebooks/{chapter}" in found[:3]


@in_a_browser
@pytest.mark.parametrize(
    ("words", "pages"),
    [
        ("大语言模型", {f"notebooks/{chapter}" for chapter, terms in TERMS.items() if "大语言模型" in terms[1]}),
        ("算力利用率", {f"notebooks/{chapter}" for chapter, terms in TERMS.items() if "算力利用率" in terms[1]}),
        ("显存", {"glossary", "notebooks/memory"}),
        ("token 词元", {"glossary", "notebooks/training-gpus"}),
        ("墨芯", {"documents"}),
        ("Moffett S30", {"documents"}),
        ("utilis", {"notebooks/training-schedules"}),
        ("data package", {"data"}),
        ("JSON schema", {"programs"}),
        ("cite", {"index"}),
    ],
)
def test_a_search_finds_all_pages_on_a_subject(results, ranked, words, pages):
    found = results(words)
    assert pages <= set(found)
    assert found == ranked(words)


@in_a_browser
def test_results_are_announced_once_when_the_search_has_ended(tab, results):
    tab.goto("search.html")
    status = tab.locator("[role=status]")
    assert status.count() == 1  # there before it says anything, or screen readers miss what it says
    assert status.inner_text() == ""
    found = results("显存")
    assert status.inner_text() == f"{len(found)} pages found for “显存”."
    assert not tab.locator(".search-summary").is_visible()
    assert tab.locator("#search-results li").count() >= len(found)


@in_a_browser
def test_a_search_without_results_says_what_to_do(tab, results):
    assert results("龙卷风") == []
    assert tab.locator("[role=status]").inner_text() == "No page found for “龙卷风”."
    advice = tab.locator("#search-advice")
    assert advice.is_visible()
    advice.locator("a", has_text="glossary").click()
    tab.wait_for_url("**/glossary.html")
    results("显存")
    assert not advice.is_visible()


@in_a_browser
def test_whole_words_are_marked_in_excerpts_and_pages(tab, results):
    results("大语言模型 cache")
    excerpt = tab.locator("#search-results li:has(a[href*=memory])")
    excerpt.locator(".highlighted", has_text=re.compile("^大语言模型$")).first.wait_for()
    excerpt.locator("a").first.click()
    marked = tab.locator("p.terms .highlighted")
    marked.first.wait_for()
    assert {"大语言模型", "cache"} == {text.lower() for text in marked.all_inner_texts()}


@in_a_browser
def test_the_search_works_by_keyboard_alone(tab):
    tab.goto("notebooks/memory.html")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("线性度")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=*")
    tab.locator("[role=status]", has_text="found").wait_for()
    field = tab.get_by_role("searchbox", name="Search this book").last
    field.focus()
    for _ in range(5):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('#search-results a')"):
            break
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile(r"/(notebooks/training-step|glossary)[.]html"))


@in_a_browser
@pytest.mark.parametrize(
    "words", ["__proto__", "constructor", "toString", "valueOf", "constructor GPU", "GPU -__proto__"]
)
def test_a_search_for_what_every_object_has_is_a_search_as_any_other(tab, words):
    faults = []
    tab.once("pageerror", lambda error: faults.append(str(error)))
    tab.goto(f"search.html?q={quote(words)}")
    browsing.wait_until(tab, "document.getElementById('search-status').textContent")
    assert faults == []
    titles = tab.eval_on_selector_all("#search-results li > a", "links => links.map(link => link.textContent)")
    assert "undefined" not in titles
    addresses = tab.eval_on_selector_all("#search-results li > a", "links => links.map(link => link.pathname)")
    assert not [path for path in addresses if "undefined" in path]
