#include "harness/record/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "harness/json/write.hpp"
#include "harness/record/sha256.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

constexpr std::string_view checksum_key = ",\"checksum\":\"";
constexpr std::size_t checksum_length = checksum_key.size() + 16 + 2;  // key, 16 digits, closing quote and brace

// What the checksum covers: the line's text before it, as it stands in the file.
std::string checksum_of(std::string_view body) {
  return short_sha256(body);
}

// Empty if `line` is whole.
std::string damage_of(const std::string& line, json& parsed) {
  if (line.size() < checksum_length || !line.ends_with("\"}")) return "cut off";
  const std::string_view body = std::string_view(line).substr(0, line.size() - checksum_length);
  const std::string_view tail = std::string_view(line).substr(body.size());
  if (!tail.starts_with(checksum_key)) return "no checksum";
  if (tail.substr(checksum_key.size(), 16) != checksum_of(body)) return "checksum does not match";
  try {
    parsed = parse_json(line, "line");
  } catch (const Error&) {
    return "not JSON";
  }
  return parsed.is_object() ? "" : "not a JSON object";
}

}  // namespace

std::string with_checksum(const json& line) {
  std::string text = json_line(line);
  PETAPROOF_INVARIANT(line.is_object() && !line.empty());
  text.pop_back();
  return fmt::format("{}{}{}\"}}\n", text, checksum_key, checksum_of(text));
}

JournalWriter::JournalWriter(std::filesystem::path path)
    : path_(std::move(path)), file_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644)) {
  const int code = errno;
  if (file_ < 0)
    throw Error(Domain::io, fmt::format("{}: cannot be created: {}", path_.string(), std::strerror(code)));
}

JournalWriter::~JournalWriter() {
  PETAPROOF_POSIX_LOG(close(file_));
}

void JournalWriter::append(const json& line, bool durable) {
  write_all(file_, with_checksum(line), path_);
  if (durable && fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) {
    const int code = errno;
    throw Error(Domain::io, fmt::format("{}: cannot be synced: {}", path_.string(), std::strerror(code)));
  }
}

JournalContents read_journal(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path))
    throw Error(Domain::config, fmt::format("{}: cannot be read (a run's journal is expected)", path.string()));
  JournalContents contents;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    json parsed;
    if (const std::string damage = damage_of(line, parsed); !damage.empty())
      contents.damage.push_back(fmt::format("{}, line {}: {}", path.filename().string(), number, damage));
    else
      contents.lines.push_back(std::move(parsed));
  }
  return contents;
}

}  // namespace petaproof
