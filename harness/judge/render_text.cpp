#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "harness/judge/render.hpp"
#include "harness/judge/render_parts.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/table.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string lines_text(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += paragraph(fmt::format("{:<9} ", line.label), line.text);
  return text;
}

// "REFUTED", "CONFIRMED" or "open N3"; blank where there is no such reading.
std::string cell(const Row& row, Kind kind) {
  const auto found = row.readings.find(kind);
  if (found == row.readings.end()) return "";
  const Verdict& verdict = found->second->verdict;
  if (verdict.outcome == Outcome::not_decidable) return fmt::format("open {}", to_string(verdict.reason));
  return std::string(to_string(verdict.outcome));
}

std::string measured_cell(const Row& row) {
  const Measurement* m = row.measured();
  if (m == nullptr) return "-";
  const int decimals = m->rate_tflops < 1000 ? 1 : 0;
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", m->rate_tflops, decimals, m->lower_tflops, decimals,
                     m->upper_tflops, decimals);
}

std::string trimmed(std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  return line + '\n';
}

struct Column {
  std::string_view heading;
  std::size_t width;  // at least
  bool is_number;
};
constexpr Column columns[] = {{"PRECISION", Row::label_width, false},
                              {"NEED", 4, true},
                              {"PEAK", 7, true},
                              {"NEED/PEAK", 9, true},
                              {"F_REQ", 5, true},
                              {"MEASURED/GPU", 19, true},
                              {"peak", 9, false},
                              {"kernel", 9, false},
                              {"coupled", 8, false},
                              {"training", 8, false},
                              {"goodput", 7, false}};
using Cells = std::array<std::string, std::size(columns)>;

Cells cells_of(const Row& row) {
  const JudgedReading& first = *row.readings.begin()->second;
  const Arithmetic& paper = first.arithmetic;
  const bool known = row.is_per_package();
  const std::string clock = known && paper.required_clock_mhz ? shown_whole(*paper.required_clock_mhz) : "-";
  return {row.label(),
          known ? shown(first.need.per_gpu_tflops) : "-",
          shown(paper.peak_tflops),
          row.share_of_peak(),
          clock,
          measured_cell(row),
          cell(row, Kind::peak),
          cell(row, Kind::kernel),
          cell(row, Kind::coupled),
          cell(row, Kind::training),
          cell(row, Kind::goodput)};
}

// As wide as the widest of its cells, so that no two run together.
std::string table(const std::vector<Row>& rows) {
  std::vector<Cells> lines(1);
  for (std::size_t i = 0; i < std::size(columns); ++i) lines[0][i] = columns[i].heading;
  for (const Row& row : rows) lines.push_back(cells_of(row));
  Cells padded;
  std::string text;
  for (const Cells& line : lines) {
    for (std::size_t i = 0; i < std::size(columns); ++i) {
      std::size_t width = columns[i].width;
      for (const Cells& other : lines) width = std::max(width, other[i].size());
      padded[i] =
          columns[i].is_number ? fmt::format("{:>{}}", line[i], width) : fmt::format("{:<{}}", line[i], width);
    }
    text += trimmed(fmt::format("{}", fmt::join(padded, " ")));
  }
  return text;
}

// The verdict, and what would decide it where it is open.
std::string told(const Verdict& verdict) {
  if (verdict.outcome != Outcome::not_decidable) return fmt::format("{}: {}", full_outcome(verdict), verdict.because);
  return fmt::format("{}: {}; would decide: {}", to_string(verdict.reason), verdict.because, verdict.would_decide);
}

std::string facts_text(const std::vector<FactReading>& facts) {
  std::string text;
  for (const FactReading& fact : facts) {
    text += text.empty() ? "\nOTHER FIGURES\n" : "";
    text += paragraph(fmt::format("  {:<13} ", to_string(fact.verdict.outcome)),
                      fmt::format("{} ({}): {}", fact.says, to_string(fact.verdict.reason), fact.verdict.because));
    if (!fact.verdict.would_decide.empty())
      text += paragraph("                would decide: ", fact.verdict.would_decide);
  }
  return text;
}

// What stands below a table: the grounds of each refutation, the census, what was measured and would decide.
std::string grounds(const std::vector<Row>& rows) {
  std::string text;
  bool census_printed = false;  // it counts GPUs, so that every row of a model has the same one
  for (const Row& row : rows) {
    const Verdict& first = row.readings.begin()->second->verdict;
    if (row.refuted())
      text += paragraph(fmt::format("  {}: ", row.label()), "REFUTED (arithmetic): " + first.because);
    for (const auto& [kind, judged] : row.readings) {
      const Verdict& verdict = judged->verdict;
      if (verdict.basis == Basis::census && kind == Kind::peak && !census_printed) {
        text += paragraph("  census: ", fmt::format("{}: {}", row.label(), verdict.because));
        census_printed = true;
      }
      if (judged->plausibility.plausible == Plausible::beyond && verdict.outcome != Outcome::refuted)
        text += paragraph(fmt::format("  {} {}: ", row.label(), to_string(kind)),
                          "beyond any published result: " + judged->plausibility.because);
      if (verdict.basis == Basis::sample || verdict.basis == Basis::attached ||
          (verdict.basis == Basis::census && kind != Kind::peak))
        text += paragraph(fmt::format("  {} {}: ", row.label(), to_string(kind)), told(verdict));
    }
  }
  return text;
}

// Count x peak of what is not refuted, and whether that reaches the claim: all that a peak reading rests on
// so far.
std::string on_paper(const Judgement& judgement, const std::vector<Row>& rows) {
  const Need& need = rows.front().readings.begin()->second->need;
  std::vector<std::string> reaching;
  std::vector<std::string> below;
  for (const Row& row : rows) {
    if (row.refuted() || row.sparsity != Sparsity::dense || !row.is_per_package()) continue;
    const double total = row.arithmetic().paper_total_tflops;
    const std::string entry =
        fmt::format("{} {}", row.label(), shown(total / judgement.claim.compute->amount.factor));
    (total >= need.total_tflops ? reaching : below).push_back(entry);
  }
  const std::string claimed = in_claim_unit(judgement.claim, need.total_tflops);
  std::vector<std::string> parts;
  if (!reaching.empty())
    parts.push_back(
        fmt::format("{} {} reach {}", fmt::join(reaching, "; "), judgement.claim.compute->amount.unit, claimed));
  if (!below.empty())
    parts.push_back(
        fmt::format("{} {} fall short of {}, but rounding or the highest peak of any source leaves it open",
                    fmt::join(below, "; "), judgement.claim.compute->amount.unit, claimed));
  if (parts.empty()) return {};
  return paragraph("  on paper: ", fmt::format("{} x peak: {}", shown_count(need.gpus), fmt::join(parts, "; ")));
}

std::string aggregate_text(const Judgement& judgement) {
  const Aggregate& aggregate = judgement.aggregate;
  std::string text = paragraph("AGGREGATE ", aggregate.line);
  if (aggregate.not_stated.empty()) return text;
  std::string open = fmt::format("not stated: {}", fmt::join(aggregate.not_stated, ", "));
  std::vector<std::string> reasons;
  for (const Reason reason : aggregate.reasons)
    reasons.push_back(fmt::format("{} {}", to_string(reason), meaning(reason)));
  if (!reasons.empty()) open += fmt::format(" ({})", fmt::join(reasons, ", "));
  return text + paragraph("          ", open);
}

// Each kind that is still open, once for all models.
std::string would_decide(const Judgement& judgement) {
  std::map<Kind, const JudgedReading*> open;
  std::set<Reason> reasons;
  for (const auto& judged : judgement.readings)
    if (judged.verdict.outcome == Outcome::not_decidable) {
      // in how many packages the claim counts has to be known first
      if (judged.verdict.reason != Reason::N10) open.emplace(judged.reading.kind, &judged);
      reasons.insert(judged.verdict.reason);
    }
  if (reasons.empty()) return {};
  std::string text = "\nWOULD DECIDE\n";
  if (open.empty()) text += "  the number of GPU packages that the claim counts\n";
  for (const auto& [kind, first] : open)
    text +=
        paragraph(fmt::format("  {:<9} ", to_string(kind)),
                  what_would_decide(kind, first->need, shown_count(first->need.gpus) + " GPUs of one of these models",
                                    default_gpus_per_node));
  std::vector<std::string> meanings;
  for (const Reason reason : reasons) meanings.push_back(fmt::format("{} {}", to_string(reason), meaning(reason)));
  return text + "\n" + paragraph("OPEN      ", fmt::format("not decidable: {}", fmt::join(meanings, "; ")));
}

constexpr const char* legend =
    "NEED, PEAK and MEASURED/GPU: TFLOP/s per GPU. F_REQ: SM clock in MHz at which a perfect kernel just "
    "reaches the "
    "need; - where FLOPs per clock are not known. NEED: - where the claim counts what has no known number of GPU "
    "packages. MEASURED/GPU: the mean of the best case, with the interval of its "
    "repetitions; the bounds on the cluster, nodes not seen included, are in the lines below the table. 2:4: with "
    "structured sparsity credited.";

// "bf16/fp16 6.1": the share of the peak that a reading of this row takes, in percent.
std::string possible_entry(const Row& row) {
  std::string percent = row.share_of_peak();
  if (row.is_per_package()) percent.resize(percent.size() - 2);
  std::vector<std::string_view> names;
  for (const Precision precision : row.precisions) names.push_back(to_string(precision));
  std::string entry = fmt::format("{}{}{} {}", fmt::join(names, "/"), row.sparsity == Sparsity::dense ? "" : " 2:4",
                                  row.emulation == Emulation::native ? "" : " emulated", percent);
  if (const Measurement* m = row.measured()) entry += fmt::format(" (measured {} TFLOP/s)", shown(m->rate_tflops));
  for (const auto& [kind, judged] : row.readings)  // what evidence has decided since
    if (kind != Kind::peak && judged->verdict.outcome != Outcome::not_decidable)
      entry += fmt::format(" ({} {})", to_string(kind), to_string(judged->verdict.outcome));
  return entry;
}

// The precisions of one model in two groups: refuted at every kind, and those that peaks leave possible.
std::string summary_line(const Judgement& judgement, const Model& model) {
  if (!model.has_readings) return "no published peak for what the claim states";
  std::vector<std::string> refuted;
  std::vector<std::string> possible;
  std::set<Precision> possible_dense;
  bool counted = false;
  for (const Row& row : rows_of(judgement, model.hardware_id)) {
    // a sparse or emulated row only adds something where the dense one of the same precision cannot hold
    const bool plain = row.sparsity == Sparsity::dense && row.emulation == Emulation::native;
    if (!plain && possible_dense.contains(row.precisions.front())) continue;
    if (row.refuted()) {
      refuted.push_back(row.label());
      continue;
    }
    if (row.sparsity == Sparsity::dense && row.emulation == Emulation::native)
      possible_dense.insert(row.precisions.begin(), row.precisions.end());
    possible.push_back(possible_entry(row));
    for (const auto& [kind, judged] : row.readings) counted |= judged->verdict.outcome == Outcome::confirmed;
  }
  std::vector<std::string> parts;
  if (!refuted.empty()) parts.push_back(fmt::format("REFUTED {}", fmt::join(refuted, ", ")));
  if (!possible.empty()) parts.push_back(fmt::format("possible {}", fmt::join(possible, ", ")));
  if (counted) parts.push_back("peak CONFIRMED by census");
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::string render_text(const Judgement& judgement) {
  std::string text = lines_text(headline(judgement)) + lines_text(particulars(judgement));
  for (const auto& model : judgement.models) {
    const auto rows = rows_of(judgement, model.hardware_id);
    if (rows.empty() && (model.has_readings || !judgement.need)) continue;  // none selected, or none asked for
    text += fmt::format("\nif {}\n", model.short_name);
    text += rows.empty() ? "  no reading: no peak is published for what the claim states\n"
                         : table(rows) + grounds(rows) + on_paper(judgement, rows);
  }
  text += facts_text(judgement.facts) + "\n" + aggregate_text(judgement);
  if (!judgement.readings.empty()) text += would_decide(judgement) + paragraph("COLUMNS   ", legend);
  return text + lines_text(reservations(judgement));
}

std::string render_summary(const Judgement& judgement) {
  std::string text = lines_text(headline(judgement));
  if (judgement.need) {
    text +=
        paragraph("READINGS  ",
                  "by GPU model: precisions REFUTED at every kind; possible ones and the percent of peak they take");
    for (const auto& model : judgement.models)
      text += paragraph(fmt::format("  if {:<18} ", model.short_name), summary_line(judgement, model));
  }
  for (const FactReading& fact : judgement.facts)
    text += paragraph(fmt::format("  {:<13} ", to_string(fact.verdict.outcome)), fact.says);
  const std::string aside = set_aside_text(judgement);
  if (!aside.empty()) text += paragraph("SET ASIDE ", aside);
  return text + paragraph("AGGREGATE ", judgement.aggregate.line);
}

}  // namespace petaproof::judge
