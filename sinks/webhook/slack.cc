#include "sinks/webhook/slack.h"

#include <fmt/format.h>

namespace weir::webhook {
namespace {

constexpr std::size_t kMaxHeaderBytes = 150;
constexpr std::size_t kMaxFieldBytes = 600;  // escaped it may be five times as long, 3,000
constexpr std::size_t kMaxSectionBytes = 3000;
constexpr std::size_t kMaxLineBytes = 200;
constexpr int kMaxAlertBlocks = 45;  // with header, digest, the others and the page: below 50

/// https://docs.slack.dev/messaging/formatting-message-text#escaping
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += c;
  }
  return safe;
}

Json section(const std::string& text) {
  return {{"type", "section"},
          {"text", {{"type", "mrkdwn"}, {"text", shortened(text, kMaxSectionBytes)}}}};
}

Json context(const std::string& text) {
  return {{"type", "context"},
          {"elements",
           Json::array({{{"type", "mrkdwn"}, {"text", shortened(text, kMaxSectionBytes)}}})}};
}

std::string mark_of(const v1::Alert& alert) {
  if (!fires(alert)) return ":white_check_mark:";
  if (!alert.acknowledged_by().empty()) return ":eyes:";
  return alert.severity() == "page" ? ":red_circle:" : ":large_yellow_circle:";
}

/// As Slack wants a link; a URL of our own configuration.
std::string link(const std::string& url, const std::string& text) {
  if (url.empty() || url.size() > kMaxFieldBytes || url.find_first_of("<>|") != std::string::npos)
    return text;
  return fmt::format("<{}|{}>", url, text);
}

std::string text_of(const v1::Alert& alert) {
  const auto part = [](std::string_view text, std::size_t most) {
    return escaped(shortened(text, most));
  };
  std::string text = fmt::format("{} *{}* {}", mark_of(alert),
                                 link(alert.page_url(), part(summary_of(alert), kMaxLineBytes)),
                                 fires(alert) ? "since " : "resolved, ");
  text += format_rfc3339(alert.starts_at_us());
  if (!fires(alert)) text += " to " + format_rfc3339(alert.ends_at_us());
  if (!alert.acknowledged_by().empty())
    text += "\ntaken on by " + part(alert.acknowledged_by(), kMaxLineBytes);
  if (const std::string more = annotation(alert, "description"); !more.empty())
    text += "\n" + part(more, kMaxFieldBytes / 2);
  if (const std::string command = annotation(alert, "command"); !command.empty())
    text += "\n`" + part(command, kMaxLineBytes) + "`";
  return text;
}

}  // namespace

std::string slack_body(const v1::Notification& notification) {
  const std::string title = shortened(notification.title(), kMaxHeaderBytes);
  Json blocks = Json::array();
  blocks.push_back(
      {{"type", "header"}, {"text", {{"type", "plain_text"}, {"text", title}, {"emoji", false}}}});
  if (!notification.digest_cause().empty())
    blocks.push_back(
        context("Digest: " + escaped(shortened(notification.digest_cause(), kMaxFieldBytes))));
  std::size_t shown = 0;
  for (const v1::Alert& alert : notification.alert()) {
    if (shown == kMaxAlertBlocks) break;
    blocks.push_back(section(text_of(alert)));
    ++shown;
  }
  const std::size_t all = notification.firing() + notification.resolved();
  if (all > shown)
    blocks.push_back(
        context(fmt::format("{} firing and {} resolved in all; {} are not shown",
                            notification.firing(), notification.resolved(), all - shown)));
  if (!notification.external_url().empty())
    blocks.push_back(context(link(notification.external_url(), "Weir")));
  return dump({{"text", escaped(title)}, {"blocks", std::move(blocks)}});
}

}  // namespace weir::webhook
