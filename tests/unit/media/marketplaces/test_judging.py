from __future__ import annotations

from appliance.media.marketplaces.book import book
from appliance.media.marketplaces.judging import judge

GOOD = {
    "longest_px": 2000,
    "shortest_px": 2000,
    "width_px": 2000,
    "megapixels": 4.0,
    "bytes": 400_000,
    "format": "jpeg",
    "animated": False,
    "colour_mode": "rgb8",
    "aspect": 1.0,
    "border_white": 1.0,
    "fill": 0.88,
    "touches_edge": False,
    "off_centre": 0.001,
    "text_lines": 0,
    "faint_lines": 0,
    "framed": False,
    "ai_label": "none needed",
    "name_ending": "right",
}


def verdict(name="amazon", **measured):
    return judge(GOOD | measured, book().marketplaces[name])


def test_a_good_picture_passes_every_marketplace():
    for name in book().marketplaces:
        assert verdict(name).passes


def test_only_errors_make_it_fail():
    assert verdict(longest_px=900).passes
    assert not verdict(longest_px=400).passes
    assert [each.rule.rule for each in verdict(longest_px=900).broken("warn")] == [
        "zoom_side",
        "recommended_side",
    ]


def test_a_finding_tells_what_was_measured_what_is_asked_by_whom_and_what_to_do():
    told = {each["rule"]: each for each in verdict(fill=0.5).told()["rules"]}

    assert told["fill"] == {
        "rule": "fill",
        "pass": False,
        "severity": "error",
        "certain": True,
        "measured": 0.5,
        "required": "at least 0.85",
        "source": book().marketplaces["amazon"].rules[0].source,
        "fix": "Let the product fill more of the frame: a smaller margin, or a closer crop.",
    }
    assert told["format"]["fix"] is None


def test_what_could_not_be_measured_never_passes():
    told = verdict(fill=None)

    assert not told.passes
    assert any("not measurable" in text for text in told.sentences())


def test_sentences_name_rule_measure_and_way_out_and_leave_guesses_out():
    told = verdict(border_white=0.12345, text_lines=2, animated=True).sentences()

    assert told == (
        "Amazon, main picture, not_animated: yes, required no. Send a still picture.",
        "Amazon, main picture, white_background: 0.1235, required at least 0.995. "
        "Put the product on pure white, 255, 255, 255.",
    )
