#include "harness/judge/conflicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/json/write.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

constexpr double watts_per_megawatt = 1e6;

// When a claim is to hold: its due date, else the date of its source unless it is of the future; empty ends are open.
struct Time {
  std::string earliest;
  std::string latest;
};

Time time_of(const Claim& claim) {
  if (claim.due) return {claim.due->earliest, claim.due->latest};
  if (claim.is_future()) return {};
  return {claim.as_of, claim.as_of};
}

bool may_be_at_once(const Claim& a, const Claim& b) {
  const auto before = [](const std::string& end, const std::string& start) {
    return !end.empty() && !start.empty() && end < start;
  };
  const Time one = time_of(a);
  const Time other = time_of(b);
  return !before(one.latest, other.earliest) && !before(other.latest, one.earliest);
}

bool same_text(std::string a, std::string b) {
  const auto lower = [](std::string& text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  };
  lower(a);
  lower(b);
  return a == b;
}

bool of_one_party(const Claim& a, const Claim& b) {
  return !a.party.empty() && same_text(a.party, b.party);
}

bool of_one_subject(const Claim& a, const Claim& b) {
  return of_one_party(a, b) && !a.subject.empty() && same_text(a.subject, b.subject);
}

// Two answers to one question, either of which may be missing.
template <typename T>
bool may_agree(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || *a == *b;
}

bool may_agree(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || same_text(a, b);
}

// An exact number is its own interval; the upper end of a rounded one does not round to it.
bool disjoint(const Amount& a, const Amount& b) {
  const auto below = [](const Amount& low, const Amount& high) {
    return low.upper() < high.lower() || (low.upper() == high.lower() && !low.number.exact);
  };
  return below(a, b) || below(b, a);
}

bool same_meter(const PowerClaim& a, const PowerClaim& b) {
  return may_agree(a.point, b.point) && may_agree(a.meaning, b.meaning);
}

std::string megawatts(double watts) {
  return shown_exactly(watts / watts_per_megawatt);
}

std::optional<std::string> total_and_part(const Claim& total, const Claim& part) {
  if (!total.power || !part.power || !total.power->of_all_sites || !part.power->of_all_sites) return std::nullopt;
  if (!of_one_party(total, part) || !total.due || !part.due || !same_meter(*total.power, *part.power))
    return std::nullopt;
  const Amount& all = total.power->amount;
  const Amount& known = part.power->amount;
  // what is smaller and earlier may grow
  if (part.due->latest < total.due->latest || !disjoint(all, known) || all.value() < known.value())
    return std::nullopt;
  return fmt::format(
      "{} in all by {} is said in {}, and {} says {}, ready from {} to {}. Both hold only if {} MW that neither "
      "names ({} to {} as rounded) stand by then{}",
      all.text(), total.due->latest, total.id, part.id, known.text(), part.due->earliest, part.due->latest,
      megawatts(all.value() - known.value()), megawatts(all.lower() - known.upper()),
      megawatts(all.upper() - known.lower()),
      part.due->earliest > total.due->latest ? ", and the others as well, before their own date" : "");
}

std::optional<std::string> power_of_all_sites(const Claim& a, const Claim& b) {
  auto because = total_and_part(a, b);
  return because ? because : total_and_part(b, a);
}

std::optional<std::string> power_of_a_site(const Claim& a, const Claim& b) {
  if (!a.power || !b.power || a.power->of_all_sites || b.power->of_all_sites) return std::nullopt;
  if (!of_one_subject(a, b) || !may_be_at_once(a, b) || !same_meter(*a.power, *b.power)) return std::nullopt;
  if (!disjoint(a.power->amount, b.power->amount)) return std::nullopt;
  return fmt::format(
      "{} is said to have {} in {} and {} in {}{}", a.subject, a.power->amount.text(), a.id, b.power->amount.text(),
      b.id, a.power->point && b.power->point ? "" : "; both hold only if they are metered at different points");
}

std::optional<std::string> gpu_count(const Claim& a, const Claim& b) {
  if (!a.gpus || !b.gpus || !of_one_subject(a, b) || !may_be_at_once(a, b)) return std::nullopt;
  const WholeRange one = whole_range(a.gpus->count);
  const WholeRange other = whole_range(b.gpus->count);
  if (one.max >= other.min && other.max >= one.min) return std::nullopt;
  if (!may_agree(a.gpus->unit, b.gpus->unit) || !may_agree(a.model, b.model)) return std::nullopt;
  return fmt::format("{} is said to have {} in {} and {} in {}{}", a.subject, counted_text(*a.gpus), a.id,
                     counted_text(*b.gpus), b.id,
                     a.gpus->unit && b.gpus->unit ? "" : "; both hold only if they count different things");
}

// A bound is no rounded number: what is under 1.1 is not 1.12. Two bounds exclude each other never.
bool exclude_each_other(const PueClaim& a, const PueClaim& b) {
  const auto above = [](const PueClaim& one, const PueClaim& bound) {
    return bound.is_upper_bound && !one.is_upper_bound && one.value.lower >= bound.value.value;
  };
  if (a.is_upper_bound || b.is_upper_bound) return above(a, b) || above(b, a);
  return disjoint({a.value, "", 1}, {b.value, "", 1});
}

std::string pue_text(const PueClaim& pue) {
  return fmt::format("a PUE {}{}{}", pue.is_upper_bound ? "under " : "of ", pue.value.grouped(),
                     pue.period.empty() ? "" : fmt::format(" ({})", pue.period));
}

std::optional<std::string> pue(const Claim& a, const Claim& b) {
  if (!a.pue || !b.pue || !of_one_subject(a, b) || !may_be_at_once(a, b)) return std::nullopt;
  if (!may_agree(a.pue->period, b.pue->period) || !exclude_each_other(*a.pue, *b.pue)) return std::nullopt;
  return fmt::format(
      "{} is said to have {} in {} and {} in {}{}", a.subject, pue_text(*a.pue), a.id, pue_text(*b.pue), b.id,
      a.pue->period.empty() || b.pue->period.empty() ? "; both hold only if they are of different periods" : "");
}

// What one set of GPUs has one figure of: its peak, and the rate of one program that runs on all of them. A GEMM's
// depends on its shape, and that of training on more than the model's name.
bool has_one_figure(const ComputeClaim& a, const ComputeClaim& b) {
  if (!a.kind || a.kind != b.kind) return false;
  return *a.kind == Kind::peak || (*a.kind == Kind::coupled && !a.benchmark.empty() && !b.benchmark.empty());
}

bool may_be_same(const ComputeClaim& a, const ComputeClaim& b) {
  return may_agree(a.precision, b.precision) && may_agree(a.sparsity, b.sparsity) &&
         may_agree(a.emulation, b.emulation) && may_agree(a.benchmark, b.benchmark);
}

bool says_all(const Claim& claim) {
  const ComputeClaim& compute = *claim.compute;
  return compute.precision && compute.sparsity && compute.emulation && claim.gpus->unit && claim.model;
}

std::optional<std::string> compute(const Claim& a, const Claim& b) {
  if (!a.compute || !b.compute || !a.gpus || !b.gpus || !of_one_subject(a, b) || !may_be_at_once(a, b))
    return std::nullopt;
  if (!has_one_figure(*a.compute, *b.compute) || !may_be_same(*a.compute, *b.compute)) return std::nullopt;
  if (!may_agree(a.gpus->unit, b.gpus->unit) || !may_agree(a.model, b.model)) return std::nullopt;
  const WholeRange one = whole_range(a.gpus->count), other = whole_range(b.gpus->count);
  if (one.max < other.min || other.max < one.min) return std::nullopt;
  if (!disjoint(a.compute->amount, b.compute->amount)) return std::nullopt;
  const bool is_peak = *a.compute->kind == Kind::peak;
  const std::string what = is_peak ? "at peak" : "in " + a.compute->benchmark;
  std::string unless;
  if (!says_all(a) || !says_all(b))
    unless = "; both hold only if they mean different GPUs or numbers";
  else if (!is_peak)
    unless = "; both hold only as different runs, of which the higher is what it can do";
  return fmt::format("{} is said to do {} {} on {} in {} and {} on {} in {}{}", a.subject, a.compute->amount.text(),
                     what, counted_text(*a.gpus), a.id, b.compute->amount.text(), counted_text(*b.gpus), b.id,
                     unless);
}

std::optional<std::string> rank(const Claim& a, const Claim& b) {
  if (!a.rank || !b.rank || a.rank->place != b.rank->place || !same_text(a.rank->among, b.rank->among))
    return std::nullopt;
  if (same_text(a.subject, b.subject) || !may_agree(a.rank->by, b.rank->by) || !may_be_at_once(a, b))
    return std::nullopt;
  return fmt::format("place {} among {} is said to be held by {} in {} and by {} in {}{}", a.rank->place,
                     a.rank->among, a.subject, a.id, b.subject, b.id,
                     a.rank->by.empty() || b.rank->by.empty() ? "; both hold only if the metrics differ" : "");
}

}  // namespace

std::vector<ClaimConflict> conflicts_of(const std::vector<Claim>& claims) {
  std::vector<ClaimConflict> conflicts;
  for (std::size_t i = 0; i < claims.size(); ++i)
    for (std::size_t j = i + 1; j < claims.size(); ++j) {
      const Claim& a = claims[i];
      const Claim& b = claims[j];
      const auto add = [&](const char* about, const std::optional<std::string>& because) {
        if (because) conflicts.push_back({about, a.id, b.id, *because});
      };
      add("power of all sites", power_of_all_sites(a, b));
      add("power", power_of_a_site(a, b));
      add("GPU count", gpu_count(a, b));
      add("compute", compute(a, b));
      add("PUE", pue(a, b));
      add("rank", rank(a, b));
    }
  return conflicts;
}

std::string render_conflicts(const std::vector<ClaimConflict>& conflicts) {
  if (conflicts.empty()) return {};
  std::string text = "CONFLICTS\n";
  for (const auto& conflict : conflicts)
    text += paragraph("  ", fmt::format("{}: {}.", conflict.about, conflict.because));
  return text;
}

std::string render_conflicts_json(const std::vector<ClaimConflict>& conflicts) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& conflict : conflicts)
    list.push_back(
        {{"about", conflict.about}, {"claims", {conflict.first, conflict.second}}, {"because", conflict.because}});
  return json_text({{"schema", "petaproof-conflicts/1"}, {"conflicts", std::move(list)}});
}

}  // namespace petaproof::judge
