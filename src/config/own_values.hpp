// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/own.hpp"

// Shared by the files own*.cpp alone.
namespace lkdoctor::config::own {

/// Thrown and caught inside read_own_config() alone.
struct Wrong {
  Place place;
  std::string message;
  int width = 1;
};

/// "unknown key "vantge" in [defaults]; did you mean vantage?"
[[noreturn]] void unknown(const TomlEntry& entry, const std::vector<std::string_view>& known,
                          std::string_view where);
[[noreturn]] void wrong_type(const TomlEntry& entry, std::string_view expected);

const TomlNode& table(const TomlEntry& entry);
const std::vector<TomlNode>& tables(const TomlEntry& entry);
const std::string& string(const TomlEntry& entry);

/// [module]: a table for each module, an interval for each key.
void read_modules(const TomlNode& node, OwnConfig& own);
/// `joins_at_once` of [serve].
int joins_at_once(const TomlEntry& entry);

}  // namespace lkdoctor::config::own
