// SHA-256 as lower-case hexadecimal: case ids, plan and binary hashes, checksums of journal lines, file digests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace petaproof {

std::string sha256(std::string_view data);
/// The first 16 digits: 64 bits, enough to tell lines and cases apart.
std::string short_sha256(std::string_view data);
/// Throws Error(io) if the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace petaproof
