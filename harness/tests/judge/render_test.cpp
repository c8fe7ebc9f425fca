#include "harness/judge/render.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/judge/text.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

Evidence some_evidence() {
  Measurement host = measured(Precision::fp64, 0.05);
  host.backend = "host";
  host.hardware_id = "";
  host.rate_tflops = std::numeric_limits<double>::quiet_NaN();
  return {{measured(Precision::fp64_tensor, 52.1), measured(Precision::bf16, 794.2), host},
          {{"run-1", "h100-nvl-94gb", 4000}}};
}

Judgement judged() {
  return judge_claim(nexus(), knowledge(), some_evidence());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(RenderJson, ReplayIsByteIdentical) {
  // everything is read from the files again, as another machine would
  const auto replay = [] {
    const auto known = Knowledge::load(configs());
    const Claim claim = load_claim(configs() / "claims" / "nexus-hub-240pf.json", known.hardware);
    return render_json(judge_claim(claim, known, some_evidence()));
  };
  const std::string first = replay();
  EXPECT_EQ(first, replay());
  EXPECT_EQ(first, render_json(judged()));
}

TEST(RenderJson, HoldsTheVerdictsAndTheirInputsAndNoNaN) {
  const std::string text = render_json(judged());
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["schema"], "petaproof-judgement/1");
  EXPECT_EQ(json["claim"]["compute"]["printed"], "240");
  EXPECT_EQ(json["claim"]["compute"]["precision"], "unspecified");
  EXPECT_EQ(json["need"]["gpus_max"], 4499);
  EXPECT_EQ(json["aggregate"]["outcome"], "NOT DECIDABLE");
  EXPECT_EQ(json["aggregate"]["reasons"]["N1"], "precision unspecified");
  EXPECT_EQ(json["evidence"]["measurements"].size(), 3u);
  EXPECT_TRUE(json["evidence"]["measurements"][2]["rate_tflops"].is_null());
  EXPECT_EQ(json["set_aside"].size(), 1u);
  int found = 0;
  for (const auto& reading : json["readings"]) {
    if (reading["reading"] != "h100-sxm-80gb/fp64/dense/training") continue;
    ++found;
    EXPECT_EQ(reading["verdict"], "REFUTED");
    EXPECT_EQ(reading["basis"], "arithmetic");
    EXPECT_EQ(reading["reason"], "A1");
    EXPECT_EQ(reading["peak_tflops"], 33.5);
    EXPECT_EQ(reading["peak_status"], "read");
    EXPECT_EQ(reading["flop_per_clock"], 16896);
  }
  EXPECT_EQ(found, 1);
}

TEST(RenderJson, HoldsTheReservationsOfTheText) {
  const auto reserved = nlohmann::json::parse(render_json(judged()))["reservations"];
  ASSERT_EQ(reserved.size(), 1u);
  EXPECT_EQ(reserved[0]["label"], "HOLDS");
  EXPECT_EQ(reserved[0]["text"], "for 12 months, or until nodes, GPUs or their limits change");
  EXPECT_THAT(render_text(judged()), HasSubstr("HOLDS     for 12 months"));
  EXPECT_TRUE(nlohmann::json::parse(render_json(judge_claim(nexus(), knowledge())))["reservations"].empty());
}

TEST(RenderJson, HoldsWhatContradictsItselfAsSetAside) {
  Evidence evidence = some_evidence();
  evidence.refused = {{"run-1", "case-9", "it contradicts itself: its sum of rates is 2, and that of its ranks 1"}};
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  const auto aside = nlohmann::json::parse(render_json(judgement))["set_aside"];
  ASSERT_EQ(aside.size(), 2u);
  EXPECT_EQ(aside[0]["case_id"], "case-9");
  EXPECT_THAT(render_text(judgement), HasSubstr("SET ASIDE 1 x it contradicts itself: its sum of rates is 2"));
}

TEST(RenderText, FitsATicket) {
  for (const std::string& text : {render_text(judged()), render_summary(judged())})
    for (const auto& line : lines_of(text)) {
      EXPECT_LE(line.size(), page_width) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
      EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
}

TEST(RenderText, SaysWhatTheClaimNeedsAndIfWhat) {
  const std::string text = render_text(judged());
  EXPECT_THAT(text,
              HasSubstr("NEED      60.0 TFLOP/s per GPU; 52.2 to 70.0 as rounded (3,500 to 4,499 GPUs, 235 to 245"));
  EXPECT_THAT(text, HasSubstr("\nif H100 SXM (80 GB)\n"));
  EXPECT_THAT(text, HasSubstr("\nif B300 (HGX)\n"));
  EXPECT_THAT(text, ContainsRegex("fp64 +60.0 +33.5 +179 % +3,551 +- +REFUTED +REFUTED +REFUTED +REFUTED +REFUTED"));
  EXPECT_THAT(text, ContainsRegex("fp64_tensor +60.0 +66.9 +89.7 % +1,776 +52.1 \\[51.6, 52.6\\] +open N3"));
  EXPECT_THAT(text, ContainsRegex("fp64_tensor +60.0 +60.0 +100 % +1,776 +- +CONFIRMED +open N3"));
  EXPECT_THAT(text, HasSubstr("AGGREGATE UNDER-SPECIFIED: 10 readings confirmed, 50 refuted, "));
  EXPECT_THAT(text, HasSubstr("SET ASIDE 1 x host backend"));
  EXPECT_THAT(text, HasSubstr("a census that finds 4,000 GPUs"));
}

TEST(RenderText, OneReadingIsOneRow) {
  const std::string text = render_text(select_readings(judged(), "h100-sxm-80gb/fp64/dense/peak"));
  EXPECT_THAT(text, ContainsRegex("fp64 +60.0 +33.5 +179 % +3,551 +- +REFUTED\n"));
  EXPECT_THAT(text, Not(HasSubstr("if B200")));
  EXPECT_THAT(text, HasSubstr("\nREADING   h100-sxm-80gb/fp64/dense/peak: REFUTED (A1): at most 4,499 GPUs"));
  EXPECT_THAT(render_text(judged()), Not(HasSubstr("READING ")));
}

TEST(RenderText, NoTwoCellsRunTogether) {
  Claim claim = nexus();
  claim.compute->amount.number = *read_printed("4000000000", false);
  EXPECT_THAT(render_text(judge_claim(claim, knowledge())),
              ContainsRegex("\nbf16, fp16 2:4 1,000,000,000 +1,979 +[0-9,]+ % +[0-9,]+ +- REFUTED +REFUTED"));
}

TEST(RenderText, ABasisSaysHowManyGpusWereSeen) {
  Evidence evidence;
  evidence.measurements = {measured(Precision::fp64_tensor, 52.1)};
  EXPECT_THAT(
      render_text(judge_claim(nexus(), knowledge(), evidence)),
      HasSubstr("\nBASIS     1 case measured on up to 8 GPUs of 1 node: too little for a statement about the"));
  evidence.measurements[0].backend = "host";
  EXPECT_THAT(render_text(judge_claim(nexus(), knowledge(), evidence)),
              HasSubstr("\nBASIS     1 case measured on no GPU: too little"));
}

TEST(RenderSummary, IsShortAndNamesEveryModel) {
  const std::string text = render_summary(judge_claim(nexus(), knowledge()));
  EXPECT_LE(lines_of(text).size(), 22u);
  EXPECT_THAT(text,
              ContainsRegex("if H100 SXM \\(80 GB\\) +REFUTED fp64; possible fp64_tensor 89.7, fp32 89.7, tf32"));
  EXPECT_THAT(text, ContainsRegex("if B200 \\(HGX\\) +REFUTED fp64, fp64_tensor; possible fp32 80.0"));
  EXPECT_THAT(text, HasSubstr("UNDER-SPECIFIED"));
}

TEST(Text, NumbersAreShownWithThreeFiguresOrSo) {
  EXPECT_EQ(shown(1.25), "1.25");
  EXPECT_EQ(shown(60), "60.0");
  EXPECT_EQ(shown(999.94), "999.9");
  EXPECT_EQ(shown(999.96), "1,000");
  EXPECT_EQ(shown(1978.9), "1,979");
  EXPECT_EQ(shown_whole(1081344), "1,081,344");
  EXPECT_EQ(shown_whole(-4000), "-4,000");
  EXPECT_EQ(shown_whole(999), "999");
  EXPECT_EQ(shown_exactly(239.95), "239.95");
  EXPECT_EQ(shown_exactly(58000), "58,000");
  EXPECT_EQ(shown_percent(1.791), "179 %");
  EXPECT_EQ(shown_percent(48), "4,800 %");
  EXPECT_EQ(shown_percent(0.8969), "89.7 %");
  EXPECT_EQ(shown_percent(0.9999), "100 %");
}

TEST(Text, ParagraphsBreakAtBlanks) {
  const std::string text = paragraph("HEAD ", std::string(60, 'a') + " " + std::string(60, 'b'));
  EXPECT_EQ(text, "HEAD " + std::string(60, 'a') + "\n     " + std::string(60, 'b') + "\n");
  EXPECT_EQ(paragraph("- ", "a bc def", 6), "- a bc\n  def\n");
}

}  // namespace
}  // namespace petaproof::judge
