// A judgement for a ticket, a wiki or a pull request.
#include <fmt/format.h>

#include "harness/judge/render.hpp"
#include "harness/judge/render_parts.hpp"
#include "harness/judge/table.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// A cell must not end its row or start a tag.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '<' || c == '*' || c == '_' || c == '`' || c == '[') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string verdict_cell(const Row& row, Kind kind) {
  const auto found = row.readings.find(kind);
  if (found == row.readings.end()) return "";
  const Verdict& verdict = found->second->verdict;
  return verdict.outcome == Outcome::not_decidable ? fmt::format("open {}", to_string(verdict.reason))
                                                   : fmt::format("**{}**", full_outcome(verdict));
}

std::string lines_text(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += fmt::format("* **{}** {}\n", line.label, cell(line.text));
  return text;
}

std::string table(const Judgement& judgement, const Model& model) {
  std::string text = fmt::format(
      "\n## If {}\n\n| precision | need | peak | need/peak | peak on paper | kernel | coupled | training | goodput "
      "|\n"
      "| --- | --: | --: | --: | --- | --- | --- | --- | --- |\n",
      cell(model.short_name));
  for (const Row& row : rows_of(judgement, model.hardware_id)) {
    text += fmt::format("| {} | {} | {} | {} |", cell(row.label()),
                        row.is_per_package() ? shown(row.readings.begin()->second->need.per_gpu_tflops) : "-",
                        shown(row.arithmetic().peak_tflops), row.share_of_peak());
    for (const Kind kind : all_kinds()) text += fmt::format(" {} |", verdict_cell(row, kind));
    text += "\n";
  }
  return text;
}

}  // namespace

std::string render_markdown(const Judgement& judgement) {
  std::string text = fmt::format("# {}\n\n", cell(judgement.claim.id)) + lines_text(headline(judgement)) + "\n" +
                     lines_text(particulars(judgement));
  for (const auto& model : judgement.models)
    if (!rows_of(judgement, model.hardware_id).empty()) text += table(judgement, model);
  if (!judgement.readings.empty()) text += "\nTFLOP/s per GPU; N codes say why a reading is open.\n";
  if (!judgement.facts.empty())
    text += "\n## Other figures\n\n| reading | verdict | because |\n| --- | --- | --- |\n";
  for (const auto& fact : judgement.facts)
    text += fmt::format("| {} | **{}** {} | {} |\n", cell(fact.says), full_outcome(fact.verdict),
                        to_string(fact.verdict.reason), cell(fact.verdict.because));
  text += "\n## Decided\n\n";
  std::string decided;
  for (const auto& judged : judgement.readings)
    if (judged.verdict.outcome != Outcome::not_decidable && judged.verdict.basis != Basis::arithmetic)
      decided += fmt::format("* `{}`: **{}**: {}\n", judged.reading.id(), full_outcome(judged.verdict),
                             cell(judged.verdict.because));
  text += decided.empty() ? "Nothing but what arithmetic decides.\n" : decided;
  return text + "\n" + lines_text({{"AGGREGATE", judgement.aggregate.line}}) + lines_text(reservations(judgement));
}

}  // namespace petaproof::judge
