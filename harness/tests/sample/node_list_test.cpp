// The list of nodes: one hash for one cluster, however it is written; and no node twice.
#include "harness/sample/node_list.hpp"

#include <gmock/gmock.h>

#include "harness/record/sha256.hpp"
#include "harness/record/node_name.hpp"
#include "harness/tests/expect_error.hpp"

namespace petaproof::sample {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NodeList parse(const std::string& text) {
  return parse_node_list(text, "nodes.txt");
}

std::string refusal(const std::string& text) {
  return error_of(Domain::config, [&] { parse(text); });
}

TEST(NodeList, HashIsOfTheNodesAndNotOfHowTheyAreWritten) {
  const std::string hash = parse("n1 a r1\nn2 a r2\nn3 b r1\n").sha256();
  EXPECT_EQ(hash, petaproof::sha256("petaproof-nodes/1\nn1 a r1\nn2 a r2\nn3 b r1\n"));
  for (const char* same :
       {"n3 b r1\nn1 a r1\nn2 a r2", "  N1\tA r1 \r\n\n# all\nn2. a R2 # second\nn3   b r1\n",
        "\xef\xbb\xbfnode,pod,rack\nn2,a,r2\nn1,a,r1\nn3,b,r1\n", "rack, node, pod\nr1,n[1],a\nr2,n2,a\nr1,n3,b",
        "node,rack,pod\n\"n[1]\",\"r1\",a\nn2,r2,a\nn3,r1,b\n", "node rack pod\nn1 r1 a\nn2 r2 a\nn3 r1 b\n",
        R"({"schema": "petaproof-nodes/1", "nodes": [{"node": "n[1]", "pod": "a", "rack": "r1"},
                               {"rack": "r2", "node": "N2", "pod": "a"},
                               {"node": "n3", "pod": "b", "rack": "r1"}]})"})
    EXPECT_EQ(parse(same).sha256(), hash) << same;
  for (const char* other : {"n1 a r1\nn2 a r2\nn3 b r2\n", "n1 a r1\nn2 a r2\nn4 b r1\n", "n1 a\nn2 a\nn3 b\n",
                            "n1 a r1\nn2 a r2\n", "n1\nn2\nn3\n", "n01 a r1\nn2 a r2\nn3 b r1\n"})
    EXPECT_NE(parse(other).sha256(), hash) << other;
}

TEST(NodeList, Brackets) {
  const NodeList list = parse("n[01-03] a\nm[1-2],login b\n");
  EXPECT_THAT(list.lines(), ElementsAre("login b", "m1 b", "m2 b", "n01 a", "n02 a", "n03 a"));
  EXPECT_EQ(list.pods().at("a").size(), 3u);
  EXPECT_TRUE(list.has_pods());
  EXPECT_FALSE(parse("n1").has_pods());
}

TEST(NodeList, RefusesANodeListedTwice) {
  EXPECT_THAT(refusal("n1\n\nn2\nn1\n"), AllOf(HasSubstr("nodes.txt:4: n1"), HasSubstr("twice, first at 1")));
  for (const char* spelling : {"N1", "n1.example.org", "n1.", "n01", "N001.example.org"})
    EXPECT_THAT(refusal(std::string("n1\nn2\n") + spelling + "\n"), HasSubstr("nodes.txt:3: ")) << spelling;
  EXPECT_THAT(refusal("n1.dc1\nn1.dc2\n"), HasSubstr("may be one node"));
  EXPECT_THAT(refusal("r1-n01\nr01-n1\n"), HasSubstr("may be one node"));
  EXPECT_THAT(refusal("n[1-5]\nn[5-9]\n"), HasSubstr("nodes.txt:2: n5"));
  EXPECT_THAT(refusal("n1,pod-a\nn2,pod-a\n"), HasSubstr("node,pod,rack"));
  EXPECT_EQ(parse("n1\nn10\nn100\nn0\n").nodes.size(), 4u);  // zeros that are not leading
}

TEST(NodeList, RefusesWhatIsNoList) {
  for (const char* text : {"", "\n\n# nothing\n", "node,pod\n"}) EXPECT_THAT(refusal(text), HasSubstr("no node"));
  EXPECT_THAT(refusal("n1\n-n2\n"), HasSubstr("nodes.txt:2: "));
  EXPECT_THAT(refusal("n1\nn2;rm\n"), HasSubstr("nodes.txt:2: "));
  EXPECT_THAT(refusal("n1\n10.0.0.1\n"), HasSubstr("address"));
  EXPECT_THAT(refusal("n1\nn2,,n3\n"), HasSubstr("nodes.txt:2: a name is missing"));
  EXPECT_THAT(refusal("n1\nn[1-\n"), HasSubstr("brackets"));
  EXPECT_THAT(refusal("n1\n\xff\xfe\n"), HasSubstr("??"));
  EXPECT_THAT(refusal("n1 a b c\n"), HasSubstr("4 fields"));
  EXPECT_THAT(refusal("n1 a\nn2\n"), HasSubstr("nodes.txt:2: this node has no pod, the one at 1 has one"));
  EXPECT_THAT(refusal("n1 a r\nn2 a\n"), HasSubstr("no rack"));
  EXPECT_THAT(refusal("node,rack\nn1,r1\n"), HasSubstr("rack without a pod"));
  EXPECT_THAT(refusal("hostname\nn1\n"), HasSubstr("heading"));
  EXPECT_THAT(refusal("n1 a$\n"), HasSubstr("pod"));
  EXPECT_THAT(refusal(std::string(300, 'a')), HasSubstr("longer than 253"));
}

TEST(NodeList, RefusesJsonThatSaysMore) {
  EXPECT_THAT(refusal(R"({"schema": "petaproof-nodes/1", "nodes": [{"node": "n1", "gpu": 8}]})"), HasSubstr("gpu"));
  EXPECT_THAT(refusal(R"({"schema": "petaproof-nodes/2", "nodes": []})"), HasSubstr("schema"));
  EXPECT_THAT(refusal(R"({"schema": "petaproof-nodes/1", "nodes": []})"), HasSubstr("no node"));
  EXPECT_THAT(refusal(R"({"schema": "petaproof-nodes/1", "nodes": [{"node": "n1"}, {"node": "N1"}]})"),
              HasSubstr("$.nodes[1]"));
}

TEST(NodeName, ShortAndFullAreOneNode) {
  EXPECT_TRUE(same_node("n1", "N1.example.org"));
  EXPECT_TRUE(same_node("n1.example.org", "n1"));
  EXPECT_TRUE(same_node("n1.example.org.", "n1.example.org"));
  EXPECT_FALSE(same_node("n1.a.org", "n1.b.org"));
  EXPECT_FALSE(same_node("n1", "n01"));
  EXPECT_FALSE(same_node("n1", "n11"));
}

}  // namespace
}  // namespace petaproof::sample
