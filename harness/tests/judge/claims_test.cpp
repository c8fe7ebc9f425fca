// Every file of configs/claims: sound, with each figure of its quote accounted for, and judged for a reason.
#include <algorithm>

#include "harness/judge/render.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::filesystem::path> claim_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(configs() / "claims")) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Claim claim_of(const std::string& id) {
  return load_claim(configs() / "claims" / (id + ".json"), hardware());
}

class EveryClaim : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(EveryClaim, HasAQuoteASourceAndADateAndAccountsForItsFigures) {
  ASSERT_EQ(GetParam().extension(), ".json");
  const Claim claim = load_claim(GetParam(), hardware());
  EXPECT_EQ(claim.id, GetParam().stem().string());
  EXPECT_THAT(claim.quote, Not(IsEmpty()));
  EXPECT_THAT(claim.subject, Not(IsEmpty()));
  EXPECT_THAT(claim.source, Not(IsEmpty()));
  EXPECT_THAT(claim.as_of, Not(IsEmpty()));
  EXPECT_THAT(unmapped_figures(claim), IsEmpty());
  for (const auto& item : claim.not_judged) EXPECT_THAT(item.why, Not(IsEmpty()));
}

TEST_P(EveryClaim, IsRefutedByArithmeticOrByWhatIsAttachedOnly) {
  const Claim claim = load_claim(GetParam(), hardware());
  const Judgement judgement = judge_claim(claim, knowledge());
  const auto check = [&](const std::string& id, const Verdict& verdict) {
    EXPECT_NE(verdict.outcome, Outcome::confirmed) << id << ": nothing was measured";
    if (verdict.outcome != Outcome::refuted) return;
    EXPECT_TRUE(verdict.basis == Basis::arithmetic || verdict.basis == Basis::attached) << id;
    EXPECT_FALSE(verdict.because.empty()) << id;
  };
  for (const auto& judged : judgement.readings) check(judged.reading.id(), judged.verdict);
  for (const auto& fact : judgement.facts) check(fact.id, fact.verdict);
}

TEST_P(EveryClaim, PrintsInEveryForm) {
  const Claim claim = load_claim(GetParam(), hardware());
  const Judgement judgement = judge_claim(claim, knowledge());
  EXPECT_THAT(render_summary(judgement), HasSubstr("CLAIM"));
  EXPECT_THAT(render_text(judgement), HasSubstr("CLAIM"));
  EXPECT_THAT(render_markdown(judgement), HasSubstr(claim.id));
  EXPECT_THAT(render_json(judgement), HasSubstr("\"" + claim.id + "\""));
}

// "100 000" stays in the quotation; beside "100,000" it would look like another number.
TEST(Claims, AFrenchNumberIsEchoedInTheStyleOfAllOutput) {
  for (const char* id : {"sesterce-100k-1gw", "colossus-100k-h200"}) {
    Claim claim = claim_of(id);
    ASSERT_EQ(claim.gpus->count.printed, "100 000");
    claim.quote.clear();
    const Judgement judgement = judge_claim(claim, knowledge());
    for (const auto render : {render_text, render_explanation, render_markdown, render_summary})
      EXPECT_THAT(render(judgement), AllOf(HasSubstr("100,000"), Not(HasSubstr("100 000"))));
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, EveryClaim, ::testing::ValuesIn(claim_files()), [](const auto& each) {
  std::string name = each.param.stem().string();
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name;
});

// What the sources print, by the field that must hold it: a figure that moves or goes is noticed.
std::vector<std::string> figures_of(const Claim& claim) {
  std::vector<std::string> figures;
  if (claim.compute) figures.push_back("compute " + claim.compute->amount.text());
  if (claim.gpus) figures.push_back("gpus " + claim.gpus->count.printed);
  if (claim.power) figures.push_back("power " + claim.power->amount.text());
  if (claim.power && claim.power->of_all_sites) figures.emplace_back("power of all sites");
  if (claim.pue) figures.push_back((claim.pue->is_upper_bound ? "pue under " : "pue ") + claim.pue->value.printed);
  for (const auto& rack : claim.racks) figures.push_back("rack " + rack.low.text() + " to " + rack.high.text());
  if (claim.money) figures.push_back("money " + claim.money->amount.text());
  if (claim.rank) figures.push_back(fmt::format("rank {} among {}", claim.rank->place, claim.rank->among));
  if (claim.build_time) figures.push_back("build time " + claim.build_time->amount.text());
  if (claim.due) figures.push_back("due " + claim.due->latest);
  for (const auto& item : claim.not_judged) figures.push_back("not judged " + item.figure);
  return figures;
}

struct Mapped {
  const char* id;
  std::vector<std::string> figures;
};

TEST(Claims, FiguresAreInTheirFields) {
  const Mapped table[] = {
      {"nexus-hub-240pf", {"compute 240 PFLOP/s", "gpus 4,000", "rank 1 among AI clusters in France"}},
      {"sesterce-100k-1gw", {"gpus 100 000", "power 1 GW", "power of all sites", "due 2026-12-31"}},
      {"sesterce-portfolio-400mw", {"power 400 MW", "power of all sites", "due 2027-05-31"}},
      {"mega-hub", {"pue under 1.1"}},
      {"valence-40mw", {"power 40 MW", "money 750 million EUR"}},
      {"mrs3", {}},
      {"pa4", {}},
      {"colossus-100k-h200", {"gpus 100 000", "rank 1 among clusters in the world", "build time 19 days"}},
      {"racks-150-250kw", {"rack 3 kW to 10 W", "rack 150 kW to 250 kW"}},
      {"single-tenant-100-200mw", {"not judged 100-200 MW for a single tenant"}},
      {"europe-0.3-percent",
       {"not judged 0,3 % du parc de GPU à l’échelle mondiale", "not judged 85 % pour les Etats-Unis"}},
      {"ai-market-1304bn", {"not judged 1 304 milliards de dollars à l’horizon 2030"}},
      {"eagle-561pf", {"compute 561.2 PFLOP/s", "gpus 14,400", "not judged 1,800 nodes x 8"}},
      {"hpl-240pf-4096-h100", {"compute 240 PFLOP/s", "gpus 4,096"}},
  };
  for (const auto& [id, figures] : table) EXPECT_EQ(figures_of(claim_of(id)), figures) << id;
}

TEST(Claims, ARangeThatRunsDownwardsIsPointedOut) {
  EXPECT_THAT(contradictions(claim_of("racks-150-250kw")), Contains(HasSubstr("from 3 kW up to 10 W")));
}

TEST(Claims, WithoutAFigureThereIsNothingToDecide) {
  for (const char* id : {"mrs3", "pa4", "europe-0.3-percent", "ai-market-1304bn", "single-tenant-100-200mw"}) {
    const Judgement judgement = judge_claim(claim_of(id), knowledge());
    EXPECT_THAT(judgement.aggregate.line, HasSubstr("nothing to decide")) << id;
    EXPECT_EQ(judgement.aggregate.outcome, Outcome::not_decidable) << id;
  }
}

// A published result must not prove the claim that it is.
TEST(Claims, KnownAnswersRestOnOtherResultsThanTheirOwn) {
  const Judgement eagle = judge_claim(claim_of("eagle-561pf"), knowledge());
  ASSERT_EQ(eagle.readings.size(), 1U);
  for (const auto& result : eagle.evidence.attached) EXPECT_LT(result.gpus, 14400);
  const Verdict& open = eagle.readings.front().verdict;
  EXPECT_EQ(open.outcome, Outcome::not_decidable);
  EXPECT_EQ(open.basis, Basis::attached);
  ASSERT_TRUE(eagle.readings.front().projected);
  EXPECT_NEAR(eagle.readings.front().projected->estimate, 561.2e3, 0.03 * 561.2e3);

  const Judgement more = judge_claim(claim_of("hpl-240pf-4096-h100"), knowledge());
  ASSERT_EQ(more.readings.size(), 1U);
  EXPECT_EQ(more.readings.front().verdict.outcome, Outcome::refuted);
  EXPECT_EQ(more.readings.front().verdict.basis, Basis::attached);
  EXPECT_EQ(more.aggregate.outcome, Outcome::refuted);
}

TEST(Claims, AnAttachedResultThatNoReadingCanRestOnSaysSo) {
  Claim claim = claim_of("eagle-561pf");
  const char* idle = "it supports nothing here";
  EXPECT_THAT(render_text(judge_claim(claim, knowledge())), ::testing::Not(HasSubstr(idle)));
  claim.model = "h200-sxm-141gb";
  claim.models = {"h200-sxm-141gb"};
  EXPECT_THAT(render_text(judge_claim(claim, knowledge())),
              ::testing::ContainsRegex("ATTACHED .*of\n? *h100-sxm-80gb"));
  EXPECT_THAT(render_markdown(judge_claim(claim, knowledge())), HasSubstr(idle));
  claim = claim_of("eagle-561pf");
  claim.compute->kind = Kind::training;
  claim.compute->benchmark.clear();
  EXPECT_THAT(render_markdown(judge_claim(claim, knowledge())), HasSubstr("coupled in fp64"));
}

TEST(Contradictions, OfAClaimsOwnFieldsAreNamed) {
  Claim claim = claim_of("eagle-561pf");  // HPL in FP64
  EXPECT_THAT(contradictions(claim), ::testing::IsEmpty());
  claim.compute->precision = Precision::bf16;
  EXPECT_THAT(contradictions(claim), Contains(HasSubstr("HPL computes in FP64, and the claim says bf16")));
  claim.compute->benchmark = "HPL-MxP";
  EXPECT_THAT(contradictions(claim), ::testing::IsEmpty());
  claim.compute->precision = Precision::fp64;
  EXPECT_THAT(contradictions(claim), Contains(HasSubstr("factorises in less than FP64")));
  // whichever of the two words is wrong: refuted only if both ways are
  claim.compute->amount.number = *read_printed("700", false);
  const Judgement judgement = judge_claim(claim, knowledge());
  EXPECT_GT(judgement.readings.size(), 1u);
  EXPECT_EQ(judgement.aggregate.outcome, Outcome::not_decidable);
  claim = claim_of("eagle-561pf");
  claim.existence = Existence::operational;
  claim.as_of = "2023-11-30";
  claim.due = Due{"2030", "2030-01-01", "2030-12-31"};
  EXPECT_THAT(contradictions(claim), Contains(HasSubstr("is to exist from 2030-01-01 on only")));
}

}  // namespace
}  // namespace petaproof::judge
