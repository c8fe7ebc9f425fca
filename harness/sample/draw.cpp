#include "harness/sample/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "harness/judge/sample_size.hpp"
#include "harness/record/sha256.hpp"
#include "harness/sample/allocation.hpp"
#include "kernels/device/error.hpp"
#include "kernels/verify/random.hpp"

namespace petaproof::sample {
namespace {

struct Key {
  std::uint64_t seed, stream;
};

// The first 128 bits of SHA-256(seed || hash), big-endian as hexadecimal digits are.
Key key_of(const std::string& seed, const std::string& hash) {
  const std::string digits = sha256(seed + hash);
  Key key{};
  std::from_chars(digits.data(), digits.data() + 16, key.seed, 16);
  std::from_chars(digits.data() + 16, digits.data() + 32, key.stream, 16);
  return key;
}

// Every node has a ticket, and the lowest of a pod are drawn: no modulus that would favour some, and a larger sample
// of the same list and seed holds the smaller one wherever the pods' shares grow.
std::vector<std::size_t> lowest_tickets(const std::vector<std::size_t>& nodes, std::int64_t count, const Key& key) {
  std::vector<std::pair<PhiloxBlock, std::size_t>> tickets;
  for (const std::size_t node : nodes) tickets.emplace_back(philox(key.seed, key.stream, node), node);
  std::ranges::sort(tickets);
  std::vector<std::size_t> drawn;
  for (std::int64_t i = 0; i < count; ++i) drawn.push_back(tickets[static_cast<std::size_t>(i)].second);
  return drawn;
}

std::vector<std::int64_t> counts_of(const std::map<std::string, std::vector<std::size_t>>& pods) {
  std::vector<std::int64_t> counts;
  for (const auto& [pod, nodes] : pods) counts.push_back(static_cast<std::int64_t>(nodes.size()));
  return counts;
}

std::string variation_text(const SizeRequest& request) {
  return fmt::format("nodes vary by {:.4g} %{}", 100 * request.planned_variation(),
                     request.variation ? "" : " (assumed: no --cov is given)");
}

Size size_for_level(char level, const NodeList& list) {
  const auto all = static_cast<std::int64_t>(list.nodes.size());
  const std::int64_t least = level == 'B' ? judge::fewest_nodes_level_b(all) : judge::fewest_nodes(all);
  const std::int64_t touching = two_of_each(counts_of(list.pods()));
  return {std::max(least, touching),
          fmt::format("evidence level {} takes {} nodes{}", level, least,
                      touching > least ? fmt::format(", and {} to have two of every pod", touching) : "")};
}

}  // namespace

double SizeRequest::planned_variation() const {
  return variation.value_or(judge::default_variation);
}

Size size_of(const SizeRequest& request, const NodeList& list) {
  PETAPROOF_INVARIANT(request.nodes.has_value() + request.margin.has_value() + request.level.has_value() == 1);
  const auto all = static_cast<std::int64_t>(list.nodes.size());
  if (request.level) return size_for_level(*request.level, list);
  if (request.margin)
    return {judge::nodes_for_margin(all, *request.margin, request.planned_variation()),
            fmt::format("a margin of {:.4g} % where {}", 100 * *request.margin, variation_text(request))};
  if (*request.nodes < 1 || *request.nodes > all)
    throw Error(Domain::usage, fmt::format("a sample of {} nodes: the list has {}, so say --size 1 to {}",
                                           *request.nodes, all, all));
  return {*request.nodes, "as asked"};
}

std::string why_no_seed(const std::string& seed) {
  if (seed.empty()) return "the seed is empty";
  if (seed.size() > 1000) return "the seed is longer than 1000 characters";
  for (const char c : seed)
    if (c < ' ' || c > '~') return "the seed holds a character that is not printable ASCII; spell it otherwise";
  // one would be lost on the way through a letter or a shell, and another sample drawn
  if (seed.front() == ' ' || seed.back() == ' ') return "the seed begins or ends with a blank";
  return {};
}

bool is_guessable(const std::string& seed) {
  return seed.size() < 8;
}

std::vector<std::string> Draw::names() const {
  std::vector<std::string> result;
  for (const std::size_t node : drawn) result.push_back(list.nodes[node].name);
  return result;
}

Selection Draw::selection() const {
  if (drawn.size() == list.nodes.size()) return Selection::all;
  return committed ? Selection::random : Selection::uncommitted;
}

Draw draw_nodes(NodeList list, const std::string& seed, const SizeRequest& asked, bool committed) {
  if (const std::string why = why_no_seed(seed); !why.empty()) throw Error(Domain::usage, why);
  Draw draw{.list = std::move(list),
            .hash = {},
            .seed = seed,
            .committed = committed,
            .asked = asked,
            .size = {},
            .pods = {},
            .drawn = {}};
  draw.hash = draw.list.sha256();
  draw.size = size_of(asked, draw.list);
  const auto pods = draw.list.pods();
  const std::vector<std::int64_t> shares = allocate(counts_of(pods), draw.size.nodes);
  const Key key = key_of(seed, draw.hash);
  std::size_t at = 0;
  for (const auto& [pod, nodes] : pods) {
    const std::int64_t share = shares[at++];
    draw.pods.push_back({pod, static_cast<std::int64_t>(nodes.size()), share});
    std::ranges::copy(lowest_tickets(nodes, share, key), std::back_inserter(draw.drawn));
  }
  std::ranges::sort(draw.drawn);
  return draw;
}

}  // namespace petaproof::sample
