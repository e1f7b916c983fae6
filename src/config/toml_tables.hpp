// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "config/toml.hpp"

namespace lkdoctor::config {

struct KeyPart {
  std::string text;
  Place place;
};
std::string joined(const std::vector<KeyPart>& parts);  ///< "a.b.c", for messages

/// What keys and headers may define, and what is defined already (TOML 1.0, "Table" and "Array of Tables").
/// Counts the values of a file. Violations throw TomlFailure.
class TomlTables {
 public:
  /// REQUIRES: `table` has no such key.
  TomlNode& add(TomlNode& table, const KeyPart& part);
  void count(Place place);  ///< one more value

  /// The table that a header's inner part leads to.
  TomlNode* descend(TomlNode& table, const std::vector<KeyPart>& parts, const KeyPart& part);
  TomlNode* define(TomlNode& parent, const std::vector<KeyPart>& parts, Place opened);  ///< [header]
  TomlNode* append(TomlNode& parent, const std::vector<KeyPart>& parts, Place opened);  ///< [[header]]
  /// The table that gets the last part of a dotted key, which it has not yet.
  TomlNode& for_pair(TomlNode& into, const std::vector<KeyPart>& parts);
  /// Nothing may be added to an inline table that has ended.
  static void close(TomlNode& table);

 private:
  std::size_t values_ = 0;
};

}  // namespace lkdoctor::config
