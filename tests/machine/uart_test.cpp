// The serial port, register by register (PC16550D data sheet): what it sends and receives, and when it asks for an interrupt.
#include <gtest/gtest.h>

#include "machine/uart.hpp"

namespace vmsim {
namespace {

enum : uint32_t { data, interrupt_enable, interrupt_id, line_control, modem_control, line_status, modem_status, scratch };
constexpr uint32_t fifo_control = interrupt_id;
constexpr uint32_t on_receive = 1, on_transmit = 2, divisor_latch = 0x80;
constexpr uint32_t nothing = 1, transmitter_empty = 2, data_available = 4;

struct UartTest : testing::Test {
  std::string sent;
  Console console{{.output = [this](uint8_t byte) { sent += static_cast<char>(byte); }}};
  Uart uart{console};
  uint32_t read(uint32_t at) { return uart.read(at, Width::byte).value(); }
  void write(uint32_t at, uint32_t value) { EXPECT_TRUE(uart.write(at, value, Width::byte)); }
};

TEST_F(UartTest, sends_what_is_written_and_is_always_ready_for_more) {
  for (const char c : std::string("hello")) {
    EXPECT_EQ(read(line_status), 0x60u);
    write(data, static_cast<uint8_t>(c));
  }
  EXPECT_EQ(sent, "hello");
}

TEST_F(UartTest, gives_received_bytes_in_order_and_says_when_there_are_any) {
  EXPECT_EQ(read(line_status) & 1, 0u);
  EXPECT_EQ(read(data), 0u);
  uart.receive('a'), uart.receive('b');
  EXPECT_EQ(read(line_status) & 1, 1u);
  EXPECT_EQ(read(data), uint32_t{'a'});
  EXPECT_EQ(read(data), uint32_t{'b'});
  EXPECT_EQ(read(line_status) & 1, 0u);
}

TEST_F(UartTest, has_room_for_sixteen_bytes) {
  for (size_t i = 0; i < Uart::fifo_size; ++i) {
    ASSERT_TRUE(uart.has_room());
    uart.receive(static_cast<uint8_t>(i));
  }
  EXPECT_FALSE(uart.has_room());
  EXPECT_EQ(read(data), 0u);
  EXPECT_TRUE(uart.has_room());
}

TEST_F(UartTest, asks_for_an_interrupt_while_it_holds_bytes_and_may) {
  uart.receive('x');
  EXPECT_FALSE(uart.interrupt());
  write(interrupt_enable, on_receive);
  EXPECT_TRUE(uart.interrupt());
  EXPECT_EQ(read(interrupt_id), data_available);
  EXPECT_TRUE(uart.interrupt()) << "reading the identification does not take the byte";
  read(data);
  EXPECT_FALSE(uart.interrupt());
  EXPECT_EQ(read(interrupt_id), nothing);
}

TEST_F(UartTest, asks_for_an_interrupt_when_its_transmitter_falls_empty) {
  write(interrupt_enable, on_transmit);
  EXPECT_TRUE(uart.interrupt()) << "it is empty from the start";
  EXPECT_EQ(read(interrupt_id), transmitter_empty);
  EXPECT_FALSE(uart.interrupt()) << "reading it as the source ends it";
  write(interrupt_enable, on_transmit);
  EXPECT_FALSE(uart.interrupt()) << "it was on before";
  write(data, 'x');
  EXPECT_TRUE(uart.interrupt());
  write(interrupt_enable, 0);
  EXPECT_FALSE(uart.interrupt());
}

TEST_F(UartTest, names_a_received_byte_before_an_empty_transmitter) {
  write(interrupt_enable, on_receive | on_transmit);
  uart.receive('x');
  EXPECT_EQ(read(interrupt_id), data_available);
  read(data);
  EXPECT_EQ(read(interrupt_id), transmitter_empty) << "the first reading named another source and did not end this one";
}

TEST_F(UartTest, keeps_the_divisor_behind_its_latch) {
  write(line_control, divisor_latch);
  write(data, 0x12), write(interrupt_enable, 0x34);
  EXPECT_EQ(read(data), 0x12u);
  EXPECT_EQ(read(interrupt_enable), 0x34u);
  write(line_control, 3);
  uart.receive('x');
  EXPECT_EQ(read(data), uint32_t{'x'});
  EXPECT_EQ(read(interrupt_enable), 0u);
  EXPECT_EQ(sent, "") << "a divisor is not sent";
}

TEST_F(UartTest, shows_and_empties_its_fifo_by_the_fifo_control) {
  EXPECT_EQ(read(interrupt_id) & 0xC0, 0u);
  uart.receive('x');
  write(fifo_control, 1);
  EXPECT_EQ(read(interrupt_id) & 0xC0, 0xC0u);
  EXPECT_EQ(read(line_status) & 1, 1u);
  write(fifo_control, 1 | 2);
  EXPECT_EQ(read(line_status) & 1, 0u);
}

TEST_F(UartTest, keeps_of_its_registers_the_bits_that_exist) {
  const struct { uint32_t at, kept; } registers[] = {{interrupt_enable, 0x0F}, {modem_control, 0x1F}, {scratch, 0xFF}};
  for (const auto& r : registers) {
    write(r.at, 0xFF);
    EXPECT_EQ(read(r.at), r.kept) << r.at;
  }
  write(line_status, 0), write(modem_status, 0);
  EXPECT_EQ(read(line_status), 0x60u);
  EXPECT_EQ(read(modem_status), 0xB0u);
}

TEST_F(UartTest, is_reached_by_bytes_at_eight_offsets) {
  for (const Width width : {Width::half, Width::word}) {
    EXPECT_FALSE(uart.read(data, width));
    EXPECT_FALSE(uart.write(data, 'x', width));
  }
  EXPECT_FALSE(uart.read(8, Width::byte));
  EXPECT_FALSE(uart.write(8, 0, Width::byte));
  EXPECT_EQ(sent, "");
}

}  // namespace
}  // namespace vmsim
