#include "harness/run/assignment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/json/write.hpp"
#include "harness/run/common_error.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// The ranks of one node and the devices that they see, by number. A matching in which a device may have up to
// `capacity` ranks, found by augmenting paths (Kuhn): a rank takes a free device, or one whose holder can move on.
class Matching {
 public:
  Matching(std::vector<std::vector<int>> seen, int devices, int capacity)
      : seen_(std::move(seen)), capacity_(capacity), holders_(devices), choice_(seen_.size(), -1) {
    // what everybody prefers first, so that nobody is moved without need
    for (int rank = 0; rank < ranks(); ++rank)
      if (has_room(preferred(rank))) hold(rank, preferred(rank));
    for (int rank = 0; rank < ranks(); ++rank) {
      std::vector<bool> tried(holders_.size(), false);
      if (choice_[rank] < 0 && !augment(rank, tried)) stranded_.push_back(rank);
    }
  }

  bool complete() const { return stranded_.empty(); }
  int device_of(int rank) const { return choice_[rank]; }
  int holders_of(int device) const { return static_cast<int>(holders_[device].size()); }

  // The ranks that stand in each other's way (Hall): more of them than the devices they see between them.
  std::pair<std::set<int>, std::set<int>> crowd() const {
    std::set<int> crowded(stranded_.begin(), stranded_.end()), devices;
    std::vector<int> open = stranded_;
    while (!open.empty()) {
      const int rank = open.back();
      open.pop_back();
      for (int device : seen_[rank])
        if (devices.insert(device).second)
          for (int holder : holders_[device])
            if (crowded.insert(holder).second) open.push_back(holder);
    }
    return {crowded, devices};
  }

 private:
  int ranks() const { return static_cast<int>(seen_.size()); }
  int preferred(int rank) const { return seen_[rank][rank % seen_[rank].size()]; }
  bool has_room(int device) const { return static_cast<int>(holders_[device].size()) < capacity_; }
  void hold(int rank, int device) {
    holders_[device].push_back(rank);
    choice_[rank] = device;
  }

  bool augment(int rank, std::vector<bool>& tried) {
    const std::vector<int>& seen = seen_[rank];
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const int device = seen[(static_cast<std::size_t>(rank) + i) % seen.size()];
      if (tried[device]) continue;
      tried[device] = true;
      if (has_room(device)) return hold(rank, device), true;
      for (std::size_t h = 0; h < holders_[device].size(); ++h) {
        if (!augment(holders_[device][h], tried)) continue;
        holders_[device][h] = rank;  // the former holder has moved on
        choice_[rank] = device;
        return true;
      }
    }
    return false;
  }

  std::vector<std::vector<int>> seen_;
  int capacity_;
  std::vector<std::vector<int>> holders_;  // by device
  std::vector<int> choice_;                // by rank; -1: none yet
  std::vector<int> stranded_;
};

std::string problem_of(const std::vector<const Seat*>& node, const Matching& matching) {
  const auto [crowded, devices] = matching.crowd();
  const std::string gpus = devices.size() == 1 ? "1 GPU" : fmt::format("{} GPUs", devices.size());
  if (crowded.size() == node.size())
    return fmt::format(
        "{} ranks on {} see {} between them; start at most {} a node, or say --share-gpu if ranks are meant to share",
        node.size(), node.front()->host, gpus, devices.size());
  std::vector<int> ranks;
  for (int at : crowded) ranks.push_back(node[at]->rank);
  return fmt::format(
      "ranks {} on {} see {} between them; let the launcher show each rank a GPU of its own, or say --share-gpu if "
      "ranks are meant to share",
      fmt::join(ranks, ", "), node.front()->host, gpus);
}

// The places of one node's ranks; returns what is wrong.
std::string assign_node(const std::vector<const Seat*>& node, bool share, std::vector<Place>& places) {
  std::map<std::string, int> numbers;
  std::vector<std::vector<int>> seen;
  for (const Seat* seat : node) {
    seen.emplace_back();
    for (const std::string& uuid : seat->uuids)
      seen.back().push_back(numbers.emplace(uuid, static_cast<int>(numbers.size())).first->second);
  }
  const int devices = static_cast<int>(numbers.size());
  // the least crowding that leaves nobody without
  const int most = share ? static_cast<int>(node.size()) : 1;
  for (int capacity = 1; capacity <= most; ++capacity) {
    const Matching matching(seen, devices, capacity);
    if (!matching.complete()) {
      if (capacity == most) return problem_of(node, matching);
      continue;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
      const int device = matching.device_of(static_cast<int>(i));
      const auto index = std::ranges::find(seen[i], device) - seen[i].begin();
      places.push_back({static_cast<int>(index), matching.holders_of(device)});
    }
    return {};
  }
  return {};
}

bool told_apart(const Seat& seat) {
  return std::ranges::none_of(seat.uuids, [](const std::string& uuid) { return uuid.empty(); });
}

// Devices without a UUID are the host's: everybody's.
void share_freely(const std::vector<const Seat*>& node, std::vector<Place>& places) {
  for (std::size_t i = 0; i < node.size(); ++i)
    places.push_back({static_cast<int>(i % node[i]->uuids.size()), static_cast<int>(node.size())});
}

// Two containers of one machine are two nodes, and may show the same GPU.
void count_sharers(const std::vector<Seat>& seats, Assignment& assignment) {
  std::map<std::string, int> users;
  const auto uuid = [&](std::size_t i) { return seats[i].uuids[assignment.places[i].index]; };
  for (std::size_t i = 0; i < seats.size(); ++i)
    if (!seats[i].uuids.empty()) ++users[uuid(i)];
  for (std::size_t i = 0; i < seats.size(); ++i) {
    if (seats[i].uuids.empty() || uuid(i).empty()) continue;
    assignment.places[i].sharers = users[uuid(i)];
    assignment.shared = assignment.shared || users[uuid(i)] > 1;
  }
}

json to_json(const Seat& seat) {
  return {{"rank", seat.rank}, {"node", seat.node}, {"host", seat.host}, {"uuids", seat.uuids}};
}

Seat seat_from(const json& j) {
  return {j.at("rank"), j.at("node"), j.at("host"), j.at("uuids")};
}

}  // namespace

Assignment assign_devices(const std::vector<Seat>& seats, bool share) {
  std::map<int, std::vector<std::size_t>> nodes;
  for (std::size_t i = 0; i < seats.size(); ++i) nodes[seats[i].node].push_back(i);
  Assignment assignment{.places = std::vector<Place>(seats.size()), .problem = {}, .shared = false};
  for (const auto& [number, members] : nodes) {
    // a rank without a device takes none from the others; that it has none is found out elsewhere
    std::vector<const Seat*> node;
    std::vector<std::size_t> at;
    for (std::size_t member : members)
      if (!seats[member].uuids.empty()) {
        node.push_back(&seats[member]);
        at.push_back(member);
      }
    std::vector<Place> places;
    if (std::ranges::all_of(node, [](const Seat* seat) { return told_apart(*seat); })) {
      if (std::string problem = assign_node(node, share, places); !problem.empty()) return {{}, problem, false};
    } else {
      share_freely(node, places);
    }
    for (std::size_t i = 0; i < places.size(); ++i) assignment.places[at[i]] = places[i];
  }
  count_sharers(seats, assignment);
  return assignment;
}

OwnPlace take_place(const Seat& mine, bool share, World& world) {
  std::vector<Seat> seats;
  for (const std::string& text : world.gather(json_line(to_json(mine))))
    seats.push_back(seat_from(json::parse(text)));
  const std::string text = from_root(world, [&] {
    const Assignment assignment = assign_devices(seats, share);
    if (!assignment.problem.empty()) throw Error(Domain::mpi, assignment.problem);
    json places = json::array();
    for (const Place& place : assignment.places) places.push_back({place.index, place.sharers});
    return json_line({{"places", places}, {"shared", assignment.shared}});
  });
  const json all = json::parse(text);
  const json& place = all.at("places").at(static_cast<std::size_t>(world.rank()));
  return {{place.at(0), place.at(1)}, all.at("shared")};
}

}  // namespace petaproof
