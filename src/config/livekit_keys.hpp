// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lkdoctor::config {

/// One key of LiveKit's configuration as data/livekit-keys-VERSION.jsonl has it.
struct KeyRow {
  std::string_view path;     ///< "rtc.tcp_port"; elements "rtc.turn_servers[].host", values of maps "a{}.b"
  std::string_view type;     ///< "uint32", "duration", "[]string", "map[int32]struct", "*bool" …
  std::string_view go_type;  ///< as the server's messages call it
  std::string_view default_text;  ///< "" = zero value
  bool custom;                    ///< has a reader of its own: any scalar, read as text
};

struct KeyTable {
  std::string_view version;
  std::span<const KeyRow> rows;
};

/// Tables of the versions that were measured, oldest first. Generated.
std::span<const KeyTable> key_tables();

/// The table that speaks for `version`: the nearest known one that is not newer (the oldest for what is older
/// than all, the newest for ""). Parts that are no numbers count as 0.
const KeyTable& key_table_for(std::string_view version);

/// Compares "1.9.12" with "1.10.0" by number: negative, 0, positive.
int compare_versions(std::string_view left, std::string_view right);

enum class FieldKind {
  structure,
  list,
  map,
  boolean,
  integer,
  unsigned_integer,
  floating,
  duration,
  text,
  custom,
  opaque
};

/// A field of the tree that a table describes.
struct Field {
  FieldKind kind = FieldKind::structure;
  int bits = 64;  ///< of integers and floats
  bool pointer = false;
  std::string path;  ///< "" for the root
  std::string go_type;
  std::string default_text;
  std::map<std::string, std::unique_ptr<Field>, std::less<>> fields;  ///< of a structure
  std::unique_ptr<Field> element;                                     ///< of a list or map
  bool integer_keys = false;                                          ///< of a map
};

std::unique_ptr<Field> field_tree(const KeyTable& table);

/// The field at a dotted path; null if the version has none.
const Field* find_field(const Field& root, std::string_view path);

}  // namespace lkdoctor::config
