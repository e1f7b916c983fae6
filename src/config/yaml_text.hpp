// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/yaml.hpp"

namespace lkdoctor::config::yaml {

/// The lines of a file as UTF-8, split as YAML splits them (LF, CR, CR LF, NEL, LS, PS). UTF-16 with a byte
/// order mark is converted, a mark dropped, bytes that are no UTF-8 are kept.
std::vector<std::string> lines_of(std::string_view text);

/// Line and column of the byte at `offset`.
Mark place_of_offset(std::string_view text, std::size_t offset);

/// Where a syntax error really is: the scanner often notices only lines later.
Mark true_place(const Document& document);

}  // namespace lkdoctor::config::yaml
