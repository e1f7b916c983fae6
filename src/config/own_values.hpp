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

/// `prefix`: "serve." for what stands in [serve].
const TomlNode& table(const TomlEntry& entry, std::string_view prefix = {});
const std::vector<TomlNode>& tables(const TomlEntry& entry, std::string_view prefix = {});
const std::string& string(const TomlEntry& entry);

/// [module]: a table for each module, an interval for each key.
void read_modules(const TomlNode& node, OwnConfig& own);
/// `joins_at_once` of [serve].
int joins_at_once(const TomlEntry& entry);
/// `receiver` of [serve]. `folder`: what names of files are relative to.
void read_receivers(const TomlEntry& entry, const std::string& folder, OwnConfig& own);
/// `labels` of [serve].
void read_labels(const TomlEntry& entry, OwnConfig& own);

}  // namespace lkdoctor::config::own
