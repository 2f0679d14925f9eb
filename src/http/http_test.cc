// Server and client against each other and against hand-written bytes, in simulation.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/client.h"
#include "http/server.h"
#include "io/race.h"
#include "io/scope.h"
#include "io/sim/sim_network.h"

namespace mortise::http {
namespace {

using namespace std::chrono_literals;

const SocketAddress kAddress = {IpAddress::parse("198.18.0.3").value(), 8080};

// Answers with what it was asked; /slow waits first.
class Mirror {
 public:
  explicit Mirror(io::Loop& loop) : loop_(loop) {}

  io::Task<Response> answer(Request request) {
    ++served;
    if (request.path == "/slow") co_await loop_.sleep_for(20s);
    Response response;
    response.body = request.method + " " + request.path + " " + request.body;
    if (request.path == "/large") response.body.assign(5 << 20, 'x');
    response.content_type = "text/plain";
    response.headers.emplace_back("X-Peer", request.peer_address.ip.to_string());
    co_return response;
  }

  int served = 0;

 private:
  io::Loop& loop_;
};

io::Task<Result<std::string>> read_all(io::Stream& stream) {
  std::string all;
  std::array<char, 4096> bytes;
  for (;;) {
    CO_TRY(const std::size_t count, co_await io::read_some(stream, bytes));
    if (count == 0) co_return all;
    all.append(bytes.data(), count);
  }
}

// Serves one connection with fixed bytes, whatever it is asked.
io::Task<void> answer_with(io::Listener& listener, std::string text) {
  auto accepted = co_await listener.accept();
  co_await io::write_all(*accepted->stream, text);
  accepted->stream->finish_writing();
  co_await read_all(*accepted->stream);
}

// Runs out of descriptors a few times before each connection, and notes when it was asked.
class ExhaustedListener final : public io::Listener {
 public:
  ExhaustedListener(io::Loop& loop, io::Listener& real) : loop_(loop), real_(real) {}

  io::Task<Result<io::Accepted>> accept() override {
    if (failures > 0) {
      --failures;
      failed_at.push_back(loop_.now());
      co_return fail_errno("accept", EMFILE);
    }
    co_return co_await real_.accept();
  }
  [[nodiscard]] SocketAddress address() const override { return real_.address(); }

  int failures = 0;
  std::vector<TimePoint> failed_at;

 private:
  io::Loop& loop_;
  io::Listener& real_;
};

class Lines final : public Log {
 public:
  void write(Level, std::string_view text) override { lines.emplace_back(text); }
  std::vector<std::string> lines;
};

class Http : public ::testing::Test {
 protected:
  template <class T>
  T await(io::Task<T> task) {
    task.start();
    loop_.run_until_done(task);
    MORTISE_CHECK(task.done());
    return task.take();
  }
  std::unique_ptr<io::Stream> dial() {
    auto stream = await(client_host_->connect({.to = kAddress, .from = {}})).value();
    return stream;
  }
  void start(Limits limits = {}) {
    serving_ = serve(loop_, *listener_, handler_, limits);
    serving_.start();
  }
  Result<Response> call(ClientRequest what) {
    auto stream = dial();
    return await(request(*stream, std::move(what)));
  }
  // Sends these bytes, and reads until the server closes.
  std::string say(std::string text, bool finish = false) {
    auto stream = dial();
    MORTISE_CHECK(await(io::write_all(*stream, text)).has_value());
    if (finish) stream->finish_writing();
    return await(read_all(*stream)).value_or("reset");
  }
  Result<Response> read_answer(std::string text, ClientRequest what = {}) {
    auto answering = answer_with(*listener_, std::move(text));
    answering.start();
    auto stream = dial();
    return await(request(*stream, std::move(what), {.body_bytes = 1000}));
  }

  io::sim::SimLoop loop_{5};
  io::sim::SimWorld world_{loop_};
  std::unique_ptr<io::Network> server_host_ = world_.process(kAddress.ip);
  std::unique_ptr<io::Network> client_host_ =
      world_.process(IpAddress::parse("198.18.0.2").value());
  std::unique_ptr<io::Listener> listener_ = server_host_->listen(kAddress).value();
  Mirror mirror_{loop_};
  Handler handler_ = [this](Request request) { return mirror_.answer(std::move(request)); };
  io::Task<void> serving_;
};

int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : -1;
}

TEST_F(Http, TriesAgainMoreAndMoreSlowlyWhenItCannotAcceptAndSaysSoOnce) {
  ExhaustedListener exhausted(loop_, *listener_);
  exhausted.failures = 4;
  Lines log;
  serving_ = serve(loop_, exhausted, handler_, {}, &log);
  serving_.start();
  EXPECT_EQ(call({.target = "/after"})->status, 200);
  ASSERT_EQ(exhausted.failed_at.size(), 4U);
  EXPECT_LT(exhausted.failed_at[1] - exhausted.failed_at[0],
            exhausted.failed_at[3] - exhausted.failed_at[2]);
  ASSERT_EQ(log.lines.size(), 2U);
  EXPECT_NE(log.lines[0].find("Too many open files"), std::string::npos) << log.lines[0];
  EXPECT_EQ(log.lines[1], "accepting connections again");
}

TEST_F(Http, RequestAndAnswerArriveWhole) {
  world_.faults = {.most_delay = 100us, .short_io = 0.3};
  start();
  const auto answer =
      call({.method = "POST", .target = "/a%20b?c=d", .body = std::string(100'000, 'y')});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->content_type, "text/plain");
  EXPECT_EQ(answer->body, "POST /a b " + std::string(100'000, 'y'));
  EXPECT_EQ(call({.target = "/large"})->body.size(), 5U << 20);
}

TEST_F(Http, HandlerLearnsWhoAsks) {
  start();
  const auto answer = call({});
  EXPECT_NE(std::ranges::find(answer->headers,
                              std::pair<std::string, std::string>("X-Peer", "198.18.0.2")),
            answer->headers.end());
}

TEST_F(Http, ConnectionServesOneRequestAfterTheOther) {
  start();
  const auto answers =
      say("GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
          "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
          "GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
          "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answers.contains("GET /one "));
  EXPECT_TRUE(answers.contains("POST /two abc"));
  EXPECT_TRUE(answers.contains("GET /three "));
  EXPECT_EQ(mirror_.served, 3);
}

TEST_F(Http, ChunkedRequestBodyIsPutTogether) {
  start();
  const std::string head =
      "POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(say(head + "3\r\nabc\r\nA;ext=\"1\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n")
                  .ends_with("POST /x abc0123456789"));
  EXPECT_TRUE(say(head + "0\r\n\r\n").ends_with("POST /x "));
  EXPECT_EQ(status_of(say(head + "3\r\nabcd\r\n0\r\n\r\n")), 400);
}

TEST_F(Http, HeadIsAnsweredWithoutABody) {
  start();
  const auto answer = call({.method = "HEAD", .target = "/large"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "");
}

TEST_F(Http, WhatIsNotHttpIsRefusedAndTold) {
  start();
  EXPECT_EQ(status_of(say("\x16\x03\x01\r\n\r\n")), 400);
  EXPECT_EQ(status_of(say("GET / HTTP/1.1\r\n\r\n")), 400) << "no Host";
  EXPECT_EQ(status_of(say("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
  EXPECT_EQ(status_of(say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            400);
  EXPECT_EQ(mirror_.served, 0);
}

TEST_F(Http, LimitsRefuseBeforeTheHandlerRuns) {
  start({.head_bytes = 1000, .body_bytes = 100});
  const std::string fill(2000, 'x');
  EXPECT_EQ(status_of(say("GET /" + fill + " HTTP/1.1\r\nHost: a\r\n\r\n")), 431);
  EXPECT_EQ(status_of(say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + fill)),
            413);
  EXPECT_EQ(status_of(say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "60\r\n" +
                          fill.substr(0, 0x60) + "\r\n5\r\n")),
            413);
  EXPECT_EQ(status_of(say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "fffffffffffffff\r\n")),
            413);
  EXPECT_EQ(mirror_.served, 0);
}

TEST_F(Http, RequestThatDoesNotCompleteInTimeIsRefused) {
  start();
  const auto began = loop_.now();
  EXPECT_EQ(status_of(say("GET / HTTP/1.1\r\nHost:")), 408);
  EXPECT_GE(loop_.now() - began, 30s);
  EXPECT_LT(loop_.now() - began, 32s);
}

TEST_F(Http, IdleConnectionIsClosedWithoutAWord) {
  start();
  const auto began = loop_.now();
  EXPECT_EQ(say(""), "");
  EXPECT_EQ(loop_.now() - began, 60s);
}

TEST_F(Http, PeerThatLeavesInsideARequestGetsNoAnswer) {
  start();
  EXPECT_EQ(say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", true), "");
  EXPECT_EQ(mirror_.served, 0);
}

TEST_F(Http, LongAnswerIsNotCutByTheRequestsDeadline) {
  start({.request = 1s});
  EXPECT_EQ(call({.target = "/slow"})->status, 200);
}

TEST_F(Http, ClientThatAsksFirstIsToldToContinue) {
  start();
  auto stream = dial();
  ASSERT_TRUE(await(io::write_all(
      *stream, std::string_view("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                                "Expect: 100-continue\r\nConnection: close\r\n\r\n"))));
  std::array<char, 100> bytes;
  const auto count = await(io::read_some(*stream, bytes)).value();
  EXPECT_EQ(std::string_view(bytes.data(), count), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(await(io::write_all(*stream, std::string_view("ok"))));
  EXPECT_TRUE(await(read_all(*stream)).value().ends_with("POST / ok"));
}

TEST_F(Http, ConnectionsOverTheLimitWaitForRoom) {
  start({.connections = 1});
  auto first = dial();
  auto second = dial();
  ASSERT_TRUE(await(io::write_all(
      *second, std::string_view("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))));
  loop_.run_for(10s);
  EXPECT_EQ(mirror_.served, 0);
  first.reset();
  loop_.run_for(1s);
  EXPECT_EQ(mirror_.served, 1);
}

TEST_F(Http, ClientReadsEveryFraming) {
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")->body, "ok");
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "1\r\no\r\n1\r\nk\r\n0\r\n\r\n")
                ->body,
            "ok");
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\n\r\nok")->body, "ok");
  EXPECT_EQ(read_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")->status,
            204);
}

TEST_F(Http, ClientRefusesAnswersThatEndEarlyOrAreTooLarge) {
  EXPECT_EQ(read_answer("").error().code(), Code::unavailable);
  EXPECT_EQ(read_answer("HTTP/1.1 200").error().code(), Code::unavailable);
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok").error().code(),
            Code::unavailable);
  EXPECT_EQ(
      read_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n").error().code(),
      Code::unavailable);
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x')).error().code(),
            Code::exhausted);
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n").error().code(),
            Code::exhausted);
  EXPECT_EQ(read_answer("SMTP ready\r\n\r\n").error().code(), Code::invalid);
}

}  // namespace
}  // namespace mortise::http
