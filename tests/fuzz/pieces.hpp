// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <lkdoctor/bytes.hpp>
#include <vector>

/// What follows the first bytes of an input, as datagrams: each with its length in 16 bits before it, the
/// last one cut where the input ends.
inline std::vector<lkdoctor::Bytes> pieces_of(lkdoctor::ByteView input, std::size_t at_most = 64) {
  std::vector<lkdoctor::Bytes> pieces;
  lkdoctor::Reader in(input);
  while (in.left() > 2 && pieces.size() < at_most) {
    const std::size_t length = in.u16();
    const lkdoctor::ByteView piece = in.view(std::min(length, in.left()));
    pieces.emplace_back(piece.begin(), piece.end());
  }
  return pieces;
}
