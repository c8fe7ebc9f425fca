// --explain: the arithmetic of each reading, with its numbers filled in.
#include <fmt/format.h>

#include "harness/judge/render.hpp"
#include "harness/judge/render_parts.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string steps_text(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps)
    text += paragraph(fmt::format("  {:<24} ", step.name), fmt::format("{} = {}", step.formula, step.result));
  return text;
}

}  // namespace

std::string render_explanation(const Judgement& judgement) {
  std::string text;
  for (const auto& judged : judgement.readings)
    text += fmt::format("\nREADING {}\n{}", judged.reading.id(), steps_text(steps_of(judgement, judged)));
  for (const auto& fact : judgement.facts) {
    text += fmt::format("\nREADING {}\n", fact.id) + paragraph("  ", fact.says) + steps_text(fact.steps);
    text += paragraph("  verdict                  ",
                      fmt::format("{} {}: {} = {}", to_string(fact.verdict.reason), meaning(fact.verdict.reason),
                                  fact.verdict.because, full_outcome(fact.verdict)));
  }
  return text;
}

}  // namespace petaproof::judge
