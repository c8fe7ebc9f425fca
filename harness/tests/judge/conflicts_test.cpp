#include "harness/judge/conflicts.hpp"

#include <nlohmann/json.hpp>

#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Amount amount(const std::string& printed, const std::string& unit, double factor, bool exact = false) {
  return {*read_printed(printed, exact), unit, factor};
}

Claim claim(std::string id, std::string subject = "site") {
  Claim result;
  result.id = std::move(id);
  result.party = "P";
  result.subject = std::move(subject);
  result.as_of = "2024-11-30";
  result.existence = Existence::operational;
  return result;
}

Claim all_sites(std::string id, Amount power, const std::string& earliest, const std::string& latest) {
  Claim result = claim(std::move(id), "");
  result.existence = Existence::planned;
  result.power = PowerClaim{std::move(power), {}, {}, true};
  result.due = Due{"then", earliest, latest};
  return result;
}

Claim roadmap() {
  return all_sites("roadmap", amount("1", "GW", 1e9), "2026-01-01", "2026-12-31");
}

Claim portfolio() {
  return all_sites("portfolio", amount("400", "MW", 1e6), "2026-11-01", "2027-05-31");
}

Claim with_power(std::string id, Amount power) {
  Claim result = claim(std::move(id));
  result.power = PowerClaim{std::move(power), {}, {}, false};
  return result;
}

Claim with_gpus(std::string id, const std::string& printed) {
  Claim result = claim(std::move(id));
  result.gpus = GpuClaim{*read_printed(printed, false), GpuUnit::package};
  return result;
}

Claim first_of(std::string id, std::string subject) {
  Claim result = claim(std::move(id), std::move(subject));
  result.rank = RankClaim{1, "clusters in the world", ""};
  return result;
}

TEST(Conflicts, MorePowerByADateThanIsSaidToBeReadyThen) {
  for (const auto& claims : {std::vector{roadmap(), portfolio()}, std::vector{portfolio(), roadmap()}}) {
    const auto conflicts = conflicts_of(claims);
    ASSERT_THAT(conflicts, SizeIs(1));
    EXPECT_EQ(conflicts[0].about, "power of all sites");
    // 1 GW is 500 to 1,500 MW, 400 MW is 350 to 450
    EXPECT_THAT(conflicts[0].because, AllOf(HasSubstr("1 GW in all by 2026-12-31"), HasSubstr("400 MW"),
                                            HasSubstr("600 MW that neither names (50 to 1,150 as rounded)"),
                                            Not(HasSubstr("before their own date"))));
  }
}

TEST(Conflicts, WhatIsReadyTooLateCannotCountEither) {
  Claim late = portfolio();
  late.due = Due{"then", "2027-01-01", "2027-05-31"};
  const auto conflicts = conflicts_of({roadmap(), late});
  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_THAT(conflicts[0].because, HasSubstr("before their own date"));
}

TEST(Conflicts, PowerThatMayGrowOrRoundsToTheSameIsNone) {
  Claim early = portfolio();
  early.due = Due{"then", "2025-01-01", "2025-12-31"};
  EXPECT_THAT(conflicts_of({roadmap(), early}), IsEmpty());
  Claim about_the_same = portfolio();
  about_the_same.power->amount = amount("800", "MW", 1e6);
  EXPECT_THAT(conflicts_of({roadmap(), about_the_same}), IsEmpty());
  Claim of_another = portfolio();
  of_another.party = "Q";
  EXPECT_THAT(conflicts_of({roadmap(), of_another}), IsEmpty());
  Claim metered_elsewhere = portfolio();
  metered_elsewhere.power->point = MeterPoint::it;
  Claim at_the_grid = roadmap();
  at_the_grid.power->point = MeterPoint::grid;
  EXPECT_THAT(conflicts_of({at_the_grid, metered_elsewhere}), IsEmpty());
}

TEST(Conflicts, TwoPowersOfOneSite) {
  const Claim forty = with_power("a", amount("40", "MW", 1e6));
  EXPECT_THAT(conflicts_of({forty, with_power("b", amount("60", "MW", 1e6))}), SizeIs(1));
  EXPECT_THAT(conflicts_of({forty, with_power("b", amount("44", "MW", 1e6))}), IsEmpty());
  // "40" ends where "50" begins: no value rounds to both
  EXPECT_THAT(conflicts_of({forty, with_power("b", amount("50", "MW", 1e6))}), SizeIs(1));
  Claim elsewhere = with_power("b", amount("60", "MW", 1e6));
  elsewhere.subject = "another site";
  EXPECT_THAT(conflicts_of({forty, elsewhere}), IsEmpty());
  Claim later = with_power("b", amount("60", "MW", 1e6));
  later.as_of = "2025-11-30";
  EXPECT_THAT(conflicts_of({forty, later}), IsEmpty());
}

TEST(Conflicts, TwoCountsOfOneSubject) {
  EXPECT_THAT(conflicts_of({with_gpus("a", "4,000"), with_gpus("b", "4,600")}), SizeIs(1));
  // 3,500 to 4,499 against 4,450 to 4,549
  EXPECT_THAT(conflicts_of({with_gpus("a", "4,000"), with_gpus("b", "4,500")}), IsEmpty());
  Claim nodes = with_gpus("b", "500");
  nodes.gpus->unit = GpuUnit::node;
  EXPECT_THAT(conflicts_of({with_gpus("a", "4,000"), nodes}), IsEmpty());
  nodes.gpus->unit.reset();
  const auto conflicts = conflicts_of({with_gpus("a", "4,000"), nodes});
  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_THAT(conflicts[0].because, HasSubstr("only if they count different things"));
}

Claim with_pue(std::string id, const std::string& printed, bool is_upper_bound, std::string period = "annual") {
  Claim result = claim(std::move(id));
  result.pue = PueClaim{*read_printed(printed, false), is_upper_bound, std::move(period)};
  return result;
}

TEST(Conflicts, TwoPuesOfOneSite) {
  const Claim under = with_pue("a", "1.1", true);
  ASSERT_THAT(conflicts_of({under, with_pue("b", "1.40", false)}), SizeIs(1));
  EXPECT_EQ(conflicts_of({under, with_pue("b", "1.40", false)})[0].because,
            "site is said to have a PUE under 1.1 (annual) in a and a PUE of 1.40 (annual) in b");
  EXPECT_THAT(conflicts_of({with_pue("b", "1.40", false), under}), SizeIs(1));
  EXPECT_THAT(conflicts_of({with_pue("b", "1.40", false), with_pue("a", "1.2", false)}), SizeIs(1));
  EXPECT_THAT(conflicts_of({with_pue("b", "1.23", false), with_pue("a", "1.2", false)}), IsEmpty());
  EXPECT_THAT(conflicts_of({under, with_pue("b", "1.10", false)}), IsEmpty()) << "1.095 rounds to it";
  EXPECT_THAT(conflicts_of({under, with_pue("b", "1.4", true)}), IsEmpty());
  EXPECT_THAT(conflicts_of({under, with_pue("b", "1.40", false, "instant")}), IsEmpty());
  ASSERT_THAT(conflicts_of({under, with_pue("b", "1.40", false, "")}), SizeIs(1));
  EXPECT_THAT(conflicts_of({under, with_pue("b", "1.40", false, "")})[0].because, HasSubstr("different periods"));
}

Claim with_compute(std::string id, const std::string& petaflops, Kind kind, const std::string& benchmark) {
  Claim result = claim(std::move(id));
  const Claim full = stated("h200-sxm-141gb", Precision::fp64_tensor, Sparsity::dense, kind);
  result.compute = full.compute;
  result.compute->benchmark = benchmark;
  result.compute->amount.number = *read_printed(petaflops, true);
  result.gpus = full.gpus;
  result.model = full.model;
  return result;
}

TEST(Conflicts, TwoRatesOfOneProgramOnTheSameGpus) {
  const Claim hundred = with_compute("a", "100", Kind::coupled, "HPL");
  Claim more = with_compute("b", "180", Kind::coupled, "HPL");
  const auto conflicts = conflicts_of({hundred, more});
  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_EQ(conflicts[0].about, "compute");
  EXPECT_THAT(conflicts[0].because, AllOf(HasSubstr("100 PFLOP/s in HPL on 4,000 GPUs in a and 180 PFLOP/s"),
                                          HasSubstr("only as different runs")));
  EXPECT_THAT(conflicts_of({hundred, with_compute("b", "100", Kind::coupled, "HPL")}), IsEmpty());
  EXPECT_THAT(conflicts_of({hundred, with_compute("b", "180", Kind::coupled, "HPL-MxP")}), IsEmpty());
  more.gpus->count = *read_printed("8,000", false);
  ASSERT_THAT(conflicts_of({hundred, more}), SizeIs(1));
  EXPECT_EQ(conflicts_of({hundred, more})[0].about, "GPU count") << "other GPUs, another rate";
  more = with_compute("b", "180", Kind::coupled, "HPL");
  more.as_of = "2025-11-30";
  EXPECT_THAT(conflicts_of({hundred, more}), IsEmpty());
}

TEST(Conflicts, OnlyAPeakAndANamedProgramHaveOneFigure) {
  const Claim paper = with_compute("a", "240", Kind::peak, "");
  ASSERT_THAT(conflicts_of({paper, with_compute("b", "268", Kind::peak, "")}), SizeIs(1));
  EXPECT_THAT(conflicts_of({paper, with_compute("b", "268", Kind::peak, "")})[0].because, Not(HasSubstr("only")));
  Claim open = with_compute("b", "268", Kind::peak, "");
  open.compute->precision.reset();
  ASSERT_THAT(conflicts_of({paper, open}), SizeIs(1));
  EXPECT_THAT(conflicts_of({paper, open})[0].because, HasSubstr("only if they mean different GPUs or numbers"));
  EXPECT_THAT(conflicts_of({paper, with_compute("b", "180", Kind::kernel, "")}), IsEmpty());
  for (const Kind kind : {Kind::kernel, Kind::training, Kind::coupled})  // of any shape, batch, program
    EXPECT_THAT(conflicts_of({with_compute("a", "100", kind, ""), with_compute("b", "180", kind, "")}), IsEmpty());
}

TEST(Conflicts, OnePlaceHeldByTwo) {
  Claim other = first_of("b", "another");
  other.party = "Q";
  ASSERT_THAT(conflicts_of({first_of("a", "one"), other}), SizeIs(1));
  EXPECT_THAT(conflicts_of({first_of("a", "one"), first_of("b", "one")}), IsEmpty());
  Claim later = other;
  later.as_of = "2025-01-31";
  EXPECT_THAT(conflicts_of({first_of("a", "one"), later}), IsEmpty());
  Claim second = other;
  second.rank->place = 2;
  EXPECT_THAT(conflicts_of({first_of("a", "one"), second}), IsEmpty());
  Claim by_hpl = other;
  by_hpl.rank->by = "HPL";
  Claim by_count = first_of("a", "one");
  by_count.rank->by = "GPUs";
  EXPECT_THAT(conflicts_of({by_count, by_hpl}), IsEmpty());
}

TEST(Conflicts, OfTheClaimFilesAreTheRoadmapAndThePortfolio) {
  std::vector<Claim> claims;
  for (const auto& entry : std::filesystem::directory_iterator(configs() / "claims"))
    claims.push_back(load_claim(entry.path(), hardware()));
  const auto conflicts = conflicts_of(claims);
  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_THAT(conflicts[0].because, HasSubstr("600 MW"));
}

TEST(Conflicts, AreAPartOfTheTextAndADocument) {
  EXPECT_EQ(render_conflicts({}), "");
  const auto none = nlohmann::json::parse(render_conflicts_json({}));
  EXPECT_EQ(none["schema"], "petaproof-conflicts/1");
  EXPECT_TRUE(none["conflicts"].is_array());
  const auto conflicts = conflicts_of({roadmap(), portfolio()});
  EXPECT_THAT(render_conflicts(conflicts), AllOf(HasSubstr("CONFLICTS\n"), HasSubstr("power of all sites: 1 GW")));
  const auto json = nlohmann::json::parse(render_conflicts_json(conflicts));
  EXPECT_EQ(json["conflicts"][0]["claims"], (nlohmann::json{"roadmap", "portfolio"}));
}

}  // namespace
}  // namespace petaproof::judge
