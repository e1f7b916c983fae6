// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

/// Masking of what nobody registered as a secret and what looks like one all the same.
namespace lkdoctor {

/// `text` with what looks like a credential masked: user and password of a URL, what follows "Bearer" or
/// "Basic", values of names such as password, api_secret or access_token. For text that somebody pasted or a
/// peer sent.
std::string without_secrets(std::string_view text);

/// A base URL as it is kept and shown: without user and password, and with every value in its query and
/// fragment masked ("?access_token=***").
std::string without_secret_parts(std::string_view url);

}  // namespace lkdoctor
