// SPDX-License-Identifier: EUPL-1.2
#include "serve/html.hpp"

#include "report/layout.hpp"

namespace lkdoctor::serve {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : report::safe(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace lkdoctor::serve
