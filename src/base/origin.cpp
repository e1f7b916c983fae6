// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/origin.hpp>

namespace lkdoctor {

std::string text(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::builtin:
      return "default";
    case Origin::Kind::environment:
      return "$" + origin.name;
    case Origin::Kind::flag:
    case Origin::Kind::discovered:
      return origin.name;
    case Origin::Kind::file:
      break;
  }
  std::string out = origin.name;
  if (origin.line > 0) out += ":" + std::to_string(origin.line);
  if (origin.line > 0 && origin.column > 0) out += ":" + std::to_string(origin.column);
  return out;
}

}  // namespace lkdoctor
