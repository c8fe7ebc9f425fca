#include "harness/run/unset_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

RankIdentity rank(int number, const std::string& host, std::vector<Variable> unset) {
  RankIdentity identity;
  identity.rank = number;
  identity.host = host;
  identity.unset = std::move(unset);
  return identity;
}

const Variable tf32{"NVIDIA_TF32_OVERRIDE", "1"};
const Variable strategy{"CUBLAS_EMULATION_STRATEGY", "eager"};
const std::string why = "Unset, because libraries would compute something else than they are asked for: ";

TEST(UnsetReport, SaysNothingOfNothing) {
  EXPECT_EQ(unset_sentence({rank(0, "a", {}), rank(1, "b", {})}), "");
  EXPECT_EQ(unset_json({rank(0, "a", {})}), nlohmann::json::array());
}

TEST(UnsetReport, NamesNobodyWhereAllHadIt) {
  EXPECT_EQ(unset_sentence({rank(0, "a", {tf32}), rank(1, "b", {tf32})}), why + "NVIDIA_TF32_OVERRIDE=1");
}

TEST(UnsetReport, NamesWhoHadItAlone) {
  EXPECT_EQ(unset_sentence({rank(0, "a", {}), rank(1, "b", {tf32})}), why + "NVIDIA_TF32_OVERRIDE=1 (rank 1 on b)");
  EXPECT_EQ(unset_sentence({rank(0, "a", {strategy}), rank(1, "b", {tf32, strategy}), rank(2, "b", {tf32})}),
            why +
                "CUBLAS_EMULATION_STRATEGY=eager (rank 0 on a and 1 more), NVIDIA_TF32_OVERRIDE=1 (rank 1 on b and 1 "
                "more)");
}

TEST(UnsetReport, OtherValuesAreOtherEntries) {
  const auto json =
      unset_json({rank(0, "a", {{"NVIDIA_TF32_OVERRIDE", "0"}}), rank(1, "b", {tf32}), rank(2, "b", {tf32})});
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["value"], "0");
  EXPECT_EQ(json[0]["ranks"], 1);
  EXPECT_EQ(json[1]["ranks"], 2);
  EXPECT_EQ(json[1]["first_rank"], 1);
  EXPECT_EQ(json[1]["host"], "b");
}

}  // namespace
}  // namespace petaproof
