// Writing JSON that others can rely on: no NaN, no half-written file, no write error overlooked.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace petaproof {

/// One line without a line end. Throws Error(internal) with the JSON path of a number that is not finite: nlohmann
/// would write null without a word.
std::string json_line(const nlohmann::json& value);

/// The same, indented, with a line end: for files that people read.
std::string json_text(const nlohmann::json& value);

/// The text, or null for an empty one: what is not known is absent, not empty.
nlohmann::json text_or_null(const std::string& text);
nlohmann::json number_or_null(const std::optional<double>& value);

/// Writes beside `path` and renames: readers see the old file or the new one. `durable` waits for the disk. Throws
/// Error(io) with the path and the system's reason (a full disk, say).
void write_file(const std::filesystem::path& path, const std::string& text, bool durable = true);

/// Writes all of `text` to an open file, or throws Error(io) naming `path`.
void write_all(int file, const std::string& text, const std::filesystem::path& path);

}  // namespace petaproof
