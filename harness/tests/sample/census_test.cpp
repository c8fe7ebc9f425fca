// The census of what answered: every way to make few look like many, and what an inventory should not have.
#include "harness/sample/census.hpp"

#include "harness/tests/sample/fixture.hpp"

namespace petaproof::sample {
namespace {

using ::testing::AllOf;
using testing::draw_of;
using ::testing::ElementsAre;
using testing::hardware;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::rank;
using testing::run;

Census taken(const std::vector<MeasuredRun>& runs) {
  return take_census(runs, hardware());
}

MeasuredRank with_serial(MeasuredRank one, const std::string& serial) {
  one.gpu.serial = serial;
  return one;
}

MeasuredRank in_slot(MeasuredRank one, const std::string& slot) {
  one.gpu.pci_bus_id = slot;
  return one;
}

TEST(Census, CountsEachGpuOnce) {
  const Census census = taken({run({rank("n1", "u1"), rank("n1", "u2"), rank("n2", "u3"), rank("n2", "u4")}),
                               run({rank("n1.dc", "u1"), rank("n2.dc", "u3")})});
  EXPECT_EQ(census.counted(), 4);
  EXPECT_EQ(census.hosts.size(), 2u);
  EXPECT_EQ(census.usual_gpus_per_node, 2);
  EXPECT_EQ(census.models.front().usual_limit_watts, 700);
  EXPECT_THAT(census.findings, IsEmpty());
}

TEST(Census, AUuidOnTwoNodesIsNoGpu) {
  const Census census = taken({run({rank("n1", "u1"), rank("n2", "u1"), rank("n3", "u2"), rank("n4", "u3")})});
  EXPECT_EQ(census.counted(), 2);
  EXPECT_EQ(census.gpus_on.at("n1"), 0);
  EXPECT_THAT(census.findings, ElementsAre(AllOf(HasSubstr("1 GPU(s) on several nodes"), HasSubstr("u1 on n1, n2")),
                                           HasSubstr("0 GPU(s) counted, where most nodes have")));
}

TEST(Census, OneSerialUnderTwoUuidsIsOneGpu) {
  const Census census = taken(
      {run({rank("n1", "u1"), with_serial(rank("n1", "u2"), "s-u1")}), run({with_serial(rank("n1", "u3"), "s-u1")})});
  EXPECT_EQ(census.counted(), 1);
  EXPECT_EQ(census.gpus.at(1).twin, "u1");
  EXPECT_THAT(census.findings,
              ElementsAre(AllOf(HasSubstr("2 GPU(s) with the serial number or the PCI slot of another UUID"),
                                HasSubstr("u2 on n1 (the serial number of u1), u3"))));
}

TEST(Census, ABoardOfSeveralGpusHasOneSerial) {
  std::vector<MeasuredRank> pair{rank("n1", "u1"), with_serial(rank("n1", "u2"), "s-u1")};
  for (MeasuredRank& one : pair) one.gpu.multi_gpu_board = true;
  EXPECT_EQ(taken({run(pair)}).counted(), 2);
  pair[1].gpu.pci_bus_id = pair[0].gpu.pci_bus_id;
  EXPECT_EQ(taken({run(pair)}).counted(), 1);
  pair[1] = with_serial(rank("n2", "u2"), "s-u1");  // a board is in one node
  pair[1].gpu.multi_gpu_board = true;
  EXPECT_EQ(taken({run(pair)}).counted(), 1);
}

TEST(Census, TwoSerialsUnderOneUuidAreNoGpu) {
  const Census census =
      taken({run({rank("n1", "u1"), rank("n1", "u2")}), run({with_serial(rank("n1", "u1"), "other")})});
  EXPECT_EQ(census.counted(), 1);
  EXPECT_THAT(census.findings, ElementsAre(AllOf(HasSubstr("several serial numbers under one UUID"),
                                                 HasSubstr("u1 on n1 (s-u1, other)"))));
}

TEST(Census, OnePciSlotHoldsOneGpuAtATime) {
  const Census at_once = taken({run({in_slot(rank("n1", "u1"), "1B"), in_slot(rank("n1", "u2"), "1B")})});
  EXPECT_EQ(at_once.counted(), 1);
  EXPECT_THAT(at_once.findings, ElementsAre(HasSubstr("u2 on n1 (the PCI slot of u1)")));
  const Census exchanged = taken({run({in_slot(rank("n1", "u1"), "1B")}), run({in_slot(rank("n1", "u2"), "1B")})});
  EXPECT_EQ(exchanged.counted(), 2);
  const Census elsewhere = taken({run({in_slot(rank("n1", "u1"), "1B"), in_slot(rank("n2", "u2"), "1B")})});
  EXPECT_EQ(elsewhere.counted(), 2);
}

TEST(Census, MigSlicesAreNoGpus) {
  MeasuredRank by_nvml = rank("n1", "GPU-3");
  by_nvml.mig = true;
  MeasuredRank by_uuid = rank("n1", "MIG-1");
  by_uuid.mig = true;
  const Census census = taken({run({by_uuid, by_nvml, rank("n1", "GPU-5")})});
  EXPECT_EQ(census.counted(), 1);
  EXPECT_THAT(census.findings,
              ElementsAre(AllOf(HasSubstr("2 GPU(s) cut into MIG slices"), HasSubstr("GPU-3 on n1, MIG-1 on n1"))));
}

TEST(Census, AGpuThatWasSlicedAndIsWholeAgainIsOne) {
  MeasuredRank slice = with_serial(rank("n1", "MIG-1"), "s-u1");
  slice.mig = true;
  EXPECT_EQ(taken({run({slice}), run({rank("n1", "u1")})}).counted(), 1);
}

TEST(Census, NamesModesClocksAndModels) {
  MeasuredRank without_ecc = rank("n1", "u2");
  without_ecc.gpu.ecc = false;
  MeasuredRank slow = rank("n2", "u3");
  slow.gpu.max_sm_clock_megahertz = 1410;
  MeasuredRank other = rank("n2", "u4");
  other.device = "NVIDIA H200";
  const Census census = taken({run({rank("n1", "u1"), without_ecc, slow, other})});
  EXPECT_EQ(census.counted(), 4);
  EXPECT_THAT(census.findings,
              ElementsAre("1 GPU(s) with ECC off: u2 on n1",
                          AllOf(HasSubstr("1410 MHz, below the model's 1980 MHz"), HasSubstr("u3 on n2")),
                          HasSubstr("2 models: 3 x NVIDIA H100 80GB HBM3, 1 x NVIDIA H200")));
}

TEST(Census, EccThatWasOffOnceIsOff) {
  MeasuredRank off = rank("n1", "u1");
  off.gpu.ecc = false;
  for (const auto& runs : {std::vector{run({off}), run({rank("n1", "u1")})}, {run({rank("n1", "u1")}), run({off})}})
    EXPECT_THAT(taken(runs).findings, ElementsAre(HasSubstr("ECC off")));
}

TEST(Census, NamesPowerLimits) {
  MeasuredRank lowered = rank("n2", "u4", 500);
  lowered.gpu.default_power_limit_watts = 700;
  MeasuredRank unread = rank("n2", "u5");
  unread.power_limit_watts.reset();
  unread.power_limit_reason = "NVML says no";
  const Census census = taken({run({rank("n1", "u1"), rank("n1", "u2"), lowered, unread})});
  EXPECT_THAT(census.findings, ElementsAre(HasSubstr("limited to 500 W, below their own default of 700 W: u4 on n2"),
                                           HasSubstr("limited to 500 W, where most are to 700 W: u4 on n2"),
                                           HasSubstr("whose power limit is not known: NVML says no: u5 on n2")));
}

TEST(Census, NamesWhatCouldNotBeRead) {
  MeasuredRank nothing = rank("n1", "u1");
  nothing.gpu = {};
  nothing.gpu.reason = "no NVML";
  MeasuredRank some = rank("n1", "u2");
  some.gpu.serial.reset();
  some.gpu.unread["serial"] = "Not Supported";
  EXPECT_THAT(taken({run({nothing, some})}).findings,
              ElementsAre("1 GPU(s) without a serial number, PCI id and ECC mode: no NVML: u1 on n1",
                          "1 GPU(s) whose serial number is not known: Not Supported: u2 on n1"));
}

TEST(Census, NamesNodesAndRanksUnlikeTheRest) {
  MeasuredRank nameless = rank("n3", "");
  nameless.device = "";
  const Census census = taken({run({rank("n1", "u1"), rank("n1", "u2"), rank("n2", "u3"), rank("n2", "u4"),
                                    rank("n3", "u5"), nameless, rank("n1", "u2")})});
  EXPECT_EQ(census.counted(), 5);
  EXPECT_THAT(census.findings, ElementsAre(HasSubstr("used by several ranks of a run, counted once: u2 on n1"),
                                           HasSubstr("n3 rank 5 (no device)"),
                                           HasSubstr("1 GPU(s) counted, where most nodes have 2: n3")));
}

TEST(Census, AFindingIsOneLineWhateverAMachineSays) {
  MeasuredRank forged = with_serial(rank("n1", "u1"), "1\n2\x1b[2J");
  forged.device = "GPU\nFINDING";
  MeasuredRank other = with_serial(rank("n1", "u1"), "3");
  other.gpu.unread["ecc"] = "a\rb";
  for (const std::string& finding : taken({run({forged}), run({other})}).findings)
    EXPECT_EQ(finding.find_first_of("\n\r\x1b"), std::string::npos) << finding;
}

TEST(Census, AThousandOfAKindAreOneLine) {
  std::vector<MeasuredRank> ranks;
  for (int i = 0; i < 1000; ++i) ranks.push_back(rank("n1", "u" + std::to_string(i), i < 400 ? 500 : 700));
  EXPECT_THAT(taken({run(ranks)}).findings, ElementsAre(AllOf(HasSubstr("400 GPU(s)"), HasSubstr("and 396 more"))));
}

TEST(Census, ByPodOfAList) {
  const Census census =
      taken({run({rank("n1", "u1"), rank("n1", "u2"), rank("n3.dc", "u3"), rank("stranger", "u4")})});
  const std::vector<PodGpus> pods = gpus_by_pod(census, draw_of("n[1-2] a\nn[3-5] b", 1).list);
  ASSERT_EQ(pods.size(), 3u);
  const auto expect = [&](std::size_t at, const std::string& name, std::vector<std::int64_t> numbers) {
    EXPECT_EQ(pods[at].pod, name);
    EXPECT_EQ((std::vector{pods[at].nodes, pods[at].answered, pods[at].gpus}), numbers) << name;
  };
  expect(0, "a", {2, 1, 2});
  expect(1, "b", {3, 1, 1});
  expect(2, "(not in the list)", {0, 1, 1});
}

}  // namespace
}  // namespace petaproof::sample
