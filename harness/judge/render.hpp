// A judgement for people and for programs.
#pragma once

#include <string>

#include "harness/judge/judgement.hpp"

namespace petaproof::judge {

/// For a terminal or a ticket: at most 110 columns, no colour, ends with a newline.
std::string render_text(const Judgement& judgement);

/// The arithmetic of every reading, step by step, with its numbers: for `--explain`.
std::string render_explanation(const Judgement& judgement);

/// The same as render_text() with tables, for a ticket or a wiki.
std::string render_markdown(const Judgement& judgement);

/// About 20 lines: verdict and claim, one line per GPU model, the aggregate.
std::string render_summary(const Judgement& judgement);

/// One JSON document with every input that the verdicts rest on; keys in a fixed order, finite numbers only,
/// ends with a newline. Equal judgements give equal bytes.
std::string render_json(const Judgement& judgement);

}  // namespace petaproof::judge
