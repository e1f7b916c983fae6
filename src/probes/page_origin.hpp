// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/ask.hpp>
#include <string>

namespace lkdoctor::probes {

/// What a browser says of the page that opens the WebSocket (RFC 6454 §7).
struct PageOrigin {
  std::string value;   ///< "https://meet.example"
  bool known = false;  ///< the controller's file names the page; else it is the host of the URL itself
};
PageOrigin page_origin(const Deployment& deployment, const facts::UrlAddresses& where);

}  // namespace lkdoctor::probes
