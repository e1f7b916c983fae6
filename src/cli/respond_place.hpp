// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/net/local.hpp>
#include <string>
#include <vector>

namespace lkdoctor::cli {

/// The address at which the other side finds this host, as far as this host can know it.
struct RespondPlace {
  std::string address;  ///< empty: not known
  std::string words;    ///< one line on what is to be put there instead; empty: there is nothing to say
  /// For the line to copy: a place-holder where the address is not known.
  std::string name() const;
};
/// `listens`: the address that is listened on; empty: every one of `own`.
RespondPlace place_to_name(const Deployment& deployment, const std::vector<net::LocalAddress>& own,
                           const std::string& listens);

}  // namespace lkdoctor::cli
