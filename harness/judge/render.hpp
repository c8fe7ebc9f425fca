// A judgement for people and for programs.
#pragma once

#include <string>

#include "harness/judge/judgement.hpp"

namespace petaproof::judge {

/// For a terminal or a ticket: at most 110 columns, no colour, ends with a newline.
std::string render_text(const Judgement& judgement);

/// About 16 lines: the claim, one line per GPU model, the aggregate.
std::string render_summary(const Judgement& judgement);

/// One JSON document with every input that the verdicts rest on; keys in a fixed order, finite numbers only,
/// ends with a newline. Equal judgements give equal bytes.
std::string render_json(const Judgement& judgement);

}  // namespace petaproof::judge
