// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/livekit_decode.hpp"

/// The server's options and their variables, and how its command line library reads their values.
namespace lkdoctor::config {

enum class FlagKind { text, boolean, list, number };

struct Flag {
  std::string name, variable;
  FlagKind kind = FlagKind::text;
  std::string type;  ///< of a generated one, as in the table
};

/// Those with a name of their own, and one for every scalar key that is in no list, map or pointer.
std::vector<Flag> flags_of(const KeyTable& table);

/// Puts `text` into `value`. What Go's strconv says of a text it cannot read; "": it was read. `old_library`:
/// that of servers before 1.9.1.
std::string read_value(const Flag& flag, const std::string& text, bool old_library, Value& value);

/// As the library words it in its refusals.
std::string_view go_type_name(const Flag& flag, bool old_library);

}  // namespace lkdoctor::config
