// The draw: the same everywhere, uniform, in every pod; and no file passes that says otherwise.
#include "harness/sample/draw.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/judge/sample_size.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/host_list.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/temporary_folder.hpp"

namespace petaproof::sample {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// `nodes` nodes in `pods` pods of one size.
NodeList cluster(int nodes, int pods) {
  std::string text;
  for (int i = 0; i < nodes; ++i) text += fmt::format("n{:05} p{:02}\n", i, i * pods / nodes);
  return parse_node_list(text, "cluster");
}

SizeRequest size(std::int64_t nodes) {
  return {.nodes = nodes, .margin = {}, .level = {}, .variation = {}};
}
SizeRequest level(char name) {
  return {.nodes = {}, .margin = {}, .level = name, .variation = {}};
}

// Computed apart from this code, with Python's hashlib and a Philox checked against the known answers of Random123.
TEST(Draw, KnownAnswer) {
  const Draw draw = draw_nodes(parse_node_list("n[01-10] a\nm[01-06] b\n", "x"), "4419-dice", size(5), true);
  EXPECT_EQ(draw.hash, "1539a1d71aab27d3446a126caee2a210c5578d7f10752e8e2d38d3ba135335cf");
  EXPECT_THAT(draw.names(), ElementsAre("m02", "m04", "n01", "n04", "n06"));
}

TEST(Draw, DependsOnListSeedAndSizeAlone) {
  const Draw first = draw_nodes(cluster(100, 4), "seed", size(20), true);
  EXPECT_EQ(draw_nodes(cluster(100, 4), "seed", size(20), true).drawn, first.drawn);
  EXPECT_NE(draw_nodes(cluster(100, 4), "Seed", size(20), true).drawn, first.drawn);
  EXPECT_NE(draw_nodes(cluster(101, 4), "seed", size(20), true).drawn, first.drawn);
}

TEST(Draw, SeedsThatAreNone) {
  const auto refusal = [](const std::string& seed) {
    return error_of(Domain::usage, [&] { draw_nodes(cluster(10, 1), seed, size(1), true); });
  };
  for (const std::string& seed : {std::string(), std::string("a\nb"), std::string("\xc3\xa9"), std::string(" 1"),
                                  std::string("1 "), std::string(1001, 'x')})
    EXPECT_THAT(refusal(seed), HasSubstr("seed"));
  for (const std::int64_t nodes : {0, -1, 11})
    EXPECT_THAT(error_of(Domain::usage, [&] { draw_nodes(cluster(10, 1), "s", size(nodes), true); }),
                HasSubstr("--size"));
}

TEST(Draw, ALargerSampleHoldsTheSmaller) {
  const Draw few = draw_nodes(cluster(100, 1), "seed", size(10), true);
  const Draw more = draw_nodes(cluster(100, 1), "seed", size(30), true);
  EXPECT_TRUE(std::ranges::includes(more.drawn, few.drawn));
}

TEST(Draw, CoversEveryPod) {
  for (int round = 0; round < 50; ++round) {
    const Draw draw = draw_nodes(cluster(120, 12), fmt::format("seed {}", round), size(24), true);
    for (const PodCount& pod : draw.pods) EXPECT_EQ(pod.sampled, 2);
    EXPECT_EQ(std::set<std::size_t>(draw.drawn.begin(), draw.drawn.end()).size(), 24u);
  }
}

// Pearson's chi-square over how often each node is drawn, seeds fixed. A draw without replacement scatters less than
// independent ones, by (1 - n/N); corrected for that the sum has N - 1 degrees of freedom.
TEST(Draw, IsUniform) {
  constexpr int nodes = 50, drawn = 10, rounds = 4000;
  std::vector<int> hits(nodes);
  std::vector<std::vector<int>> together(nodes, std::vector<int>(nodes));
  for (int round = 0; round < rounds; ++round) {
    const Draw draw = draw_nodes(cluster(nodes, 1), fmt::format("round {}", round), size(drawn), true);
    for (const std::size_t a : draw.drawn) {
      ++hits[a];
      for (const std::size_t b : draw.drawn) ++together[a][b];
    }
  }
  const double expected = static_cast<double>(rounds) * drawn / nodes;
  double chi_square = 0;
  for (const int count : hits) chi_square += (count - expected) * (count - expected) / expected;
  chi_square *= (nodes - 1.0) / (nodes - drawn);
  EXPECT_GT(chi_square, 23.98);  // 0.1 % and 99.9 % of chi-square with 49 degrees of freedom
  EXPECT_LT(chi_square, 85.35);
  // neighbours are drawn together as often as others: no contiguous blocks
  double neighbours = 0;
  for (int i = 0; i + 1 < nodes; ++i) neighbours += together[i][i + 1];
  const double pairs = static_cast<double>(rounds) * (nodes - 1) * drawn * (drawn - 1) / (nodes * (nodes - 1.0));
  EXPECT_NEAR(neighbours / pairs, 1, 0.05);
}

TEST(Size, MarginsAreThoseOfTheMethod) {
  struct Row {
    double variation;
    std::array<std::int64_t, 5> nodes;  // for 0.25, 0.5, 1, 2 and 3 % of 500 nodes
  };
  // the last digit of a table that was rounded elsewhere may differ by one
  for (const Row& row :
       {Row{.007, {23, 8, 4, 3, 3}}, Row{.015, {84, 26, 8, 4, 3}}, Row{.02, {130, 42, 13, 5, 4}},
        Row{.03, {221, 84, 26, 8, 5}}, Row{.05, {343, 177, 62, 19, 10}}, Row{.08, {424, 292, 130, 42, 21}}})
    for (std::size_t i = 0; i < 5; ++i) {
      const double margin = std::array{.0025, .005, .01, .02, .03}[i];
      const std::int64_t nodes = judge::nodes_for_margin(500, margin, row.variation);
      EXPECT_NEAR(static_cast<double>(nodes), static_cast<double>(row.nodes[i]), 1) << row.variation << " " << margin;
      EXPECT_LE(judge::margin_of(nodes, 500, row.variation), margin);
      EXPECT_GT(judge::margin_of(nodes - 1, 500, row.variation), margin);
    }
  EXPECT_EQ(judge::margin_of(500, 500, .05), 0);
  EXPECT_EQ(judge::nodes_for_margin(1, .01, .05), 1);
}

TEST(Size, UnseenBadNodesAreThoseOfTheMethod) {
  const std::vector<std::pair<int, int>> table{{1, 475}, {4, 262},  {8, 155},  {16, 84}, {32, 43}, {59, 23},
                                               {64, 21}, {100, 13}, {125, 10}, {250, 4}, {400, 1}};
  for (const auto& [sampled, bad] : table) EXPECT_EQ(judge::unseen_bad_nodes(sampled, 500), bad) << sampled;
  EXPECT_EQ(judge::unseen_bad_nodes(500, 500), 0);
}

TEST(Size, OfALevelTouchesEveryPodTwice) {
  EXPECT_EQ(size_of(level('C'), cluster(500, 5)).nodes, 32);
  EXPECT_EQ(size_of(level('B'), cluster(500, 5)).nodes, 63);
  EXPECT_EQ(size_of(level('C'), cluster(500, 50)).nodes, 100);
  EXPECT_EQ(size_of(level('C'), cluster(10, 2)).nodes, 10);
  EXPECT_EQ(size_of(level('B'), cluster(12500, 10)).nodes, 1563);
}

TEST(Level, SaysWhatItLacks) {
  const auto at = [](int nodes, int pods, const SizeRequest& request, bool committed) {
    const Draw draw = draw_nodes(cluster(nodes, pods), "seed", request, committed);
    return level_of(draw.pods, draw.selection());
  };
  EXPECT_EQ(at(500, 5, level('C'), true).reach, 'C');
  EXPECT_THAT(at(500, 5, level('C'), true).lacks.at('B'), ElementsAre("31 more nodes (63 of 500)"));
  EXPECT_EQ(at(500, 5, level('B'), true).reach, 'B');
  EXPECT_EQ(at(500, 5, size(495), true).reach, 'A');
  EXPECT_EQ(at(500, 5, size(494), true).reach, 'B');
  EXPECT_EQ(at(500, 5, size(31), true).reach, 'D');
  EXPECT_EQ(at(500, 5, level('B'), false).reach, 'D');
  EXPECT_THAT(at(500, 5, level('C'), false).lacks.at('C'), ElementsAre(HasSubstr("--expect-hash")));
  EXPECT_THAT(at(500, 50, size(60), true).lacks.at('C'), ElementsAre("a second node in 40 pods"));
  const Draw no_pods = draw_nodes(parse_node_list("n[1-100]", "x"), "seed", size(60), true);
  EXPECT_THAT(level_of(no_pods.pods, no_pods.selection()).lacks.at('C'), ElementsAre(HasSubstr("the pod of each")));
  EXPECT_EQ(level_of({{"a", 50, 40}, {"b", 50, 40}}, Selection::provider_chosen).reach, 'D');
}

class DrawFile : public ::testing::Test {
 protected:
  std::filesystem::path write(const json& document) {
    const std::filesystem::path path = folder_ / "sample.json";
    write_text(path, document.dump());
    return path;
  }
  std::string refusal(const json& document) {
    return error_of(Domain::config, [&] { read_draw(write(document)); });
  }
  TemporaryFolder folder_;
  const Draw draw_ = draw_nodes(cluster(60, 3), "seed", level('C'), true);
};

TEST_F(DrawFile, ReadsWhatItWrote) {
  const Draw again = read_draw(write(to_json(draw_)));
  EXPECT_EQ(again.drawn, draw_.drawn);
  EXPECT_EQ(again.committed, true);
  for (const SizeRequest& asked : {size(1), SizeRequest{{}, .01, {}, .013}, SizeRequest{{}, .01, {}, {}}, size(60)}) {
    const Draw other = draw_nodes(cluster(60, 3), "seed", asked, false);
    EXPECT_EQ(to_json(read_draw(write(to_json(other)))), to_json(other));
  }
}

TEST_F(DrawFile, RefusesAContiguousSamplePassedOffAsRandom) {
  json document = to_json(draw_);
  const std::vector<std::string> first(document["nodes"].begin(), document["nodes"].begin() + 15);
  document["drawn"] = json::array();
  for (const std::string& line : first) document["drawn"].push_back(line.substr(0, line.find(' ')));
  EXPECT_THAT(refusal(document), HasSubstr("$.drawn"));
}

TEST_F(DrawFile, RefusesAnyOtherChange) {
  const json good = to_json(draw_);
  const std::map<std::string, std::function<void(json&)>> changes{
      {"a node less", [](json& d) { d["nodes"].erase(7); }},
      {"a node renamed", [](json& d) { d["nodes"][7] = "x1 p00"; }},
      {"a node in another pod", [](json& d) { d["nodes"][7] = "n00007 p02"; }},
      {"another hash", [](json& d) { d["nodes_sha256"] = std::string(64, '0'); }},
      {"another seed", [](json& d) { d["seed"] = "seed2"; }},
      {"a higher level", [](json& d) { d["level"]["can_reach"] = "A"; }},
      {"nothing lacking", [](json& d) { d["level"]["lacks"]["B"] = json::array(); }},
      {"a smaller size", [](json& d) { d["size"] = 3; }},
      {"a committed list that was not", [](json& d) { d["committed"] = false; }},
      {"another margin", [](json& d) { d["margin"] = 0.0001; }},
      {"another way of asking", [](json& d) { d["asked"]["level"] = "B"; }},
      {"two ways of asking", [](json& d) { d["asked"]["nodes"] = 15; }},
      {"an unknown key", [](json& d) { d["note"] = "trust me"; }},
      {"a line with a comment", [](json& d) { d["nodes"][7] = "n00007 p00 # x"; }},
      {"no seed", [](json& d) { d["seed"] = ""; }},
      {"more nodes than there are", [](json& d) { d["asked"]["level"] = nullptr, d["asked"]["nodes"] = 61; }},
      {"a missing key", [](json& d) { d.erase("strata"); }},
      {"another schema", [](json& d) { d["schema"] = "petaproof-sample/2"; }}};
  for (const auto& [what, change] : changes) {
    json document = good;
    change(document);
    EXPECT_THAT(refusal(document), HasSubstr("sample.json")) << what;
  }
}

TEST(HostList, InEveryFormat) {
  const std::vector<std::string> names{"n001", "n002", "n007"};
  EXPECT_EQ(host_list(names, HostFormat::mpirun, 8), "n001 slots=8\nn002 slots=8\nn007 slots=8\n");
  EXPECT_EQ(host_list(names, HostFormat::slurm, 8), "n[001-002,007]\n");
  EXPECT_EQ(host_list(names, HostFormat::plain, 8), "n001\nn002\nn007\n");
  EXPECT_THAT(launch_command("h", 3, HostFormat::mpirun, 8), HasSubstr("-np 24"));
}

}  // namespace
}  // namespace petaproof::sample
