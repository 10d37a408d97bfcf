BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/slot9.yaml "version: 1`npolicy: slot9`notherwise: { by: slot, slot: 9 }"
    Set-Content TestDrive:/good.yaml "version: 1`npolicy: good`notherwise: { by: hash }"
    Set-Content TestDrive:/broken.yaml "version: 1`npolicy: broken`notherwise: { by: magic }"
}

Describe 'Test-SteeringPolicy' {
    It 'passes a policy and says what it costs' {
        $result = Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4
        $result.Passed | Should -BeTrue
        $result.Policy | Should -Be 'good'
        $result.InstructionCount | Should -BeGreaterThan 0
        $result.MapBytes | Should -BeGreaterThan 0
    }

    It 'finds a slot that the group lacks' {
        $result = Test-SteeringPolicy (Import-SteeringPolicy TestDrive:/slot9.yaml) -SlotCount 4
        $result.Passed | Should -BeFalse
        $result.Diagnostics[0].ToString() | Should -Match 'slot9\.yaml:3'
        $result.InstructionCount | Should -Be 0
    }

    It 'takes the slots from a group' {
        $null = New-ReuseportGroup ten -SlotCount 10 -Port 5300
        (Test-SteeringPolicy TestDrive:/slot9.yaml -Group ten).SlotCount | Should -Be 10
        Test-SteeringPolicy TestDrive:/slot9.yaml -Group ten -Quiet | Should -BeTrue
    }

    It 'answers with a bool when asked to be quiet' {
        Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4 -Quiet | Should -BeTrue
        Test-SteeringPolicy TestDrive:/slot9.yaml -SlotCount 4 -Quiet | Should -BeFalse
        Test-SteeringPolicy TestDrive:/broken.yaml -SlotCount 4 -Quiet | Should -BeFalse
    }

    It 'reports what is wrong in a file as a result, not as an error' {
        $result = Test-SteeringPolicy TestDrive:/broken.yaml -SlotCount 4 -ErrorAction Stop
        $result.Passed | Should -BeFalse
        $result.Diagnostics[0].Message | Should -Match 'magic'
    }

    It 'says which slot a connection id reaches, and why none' {
        Set-Content TestDrive:/quic.yaml "version: 1`npolicy: quic`nprotocol: udp`notherwise: { by: connection-id, length: 4, worker: { at: 3, bits: 8 }, old: 0-1 }"
        $ids = @(Test-SteeringPolicy TestDrive:/quic.yaml -SlotCount 4 -ConnectionId '00000002', '0x000000ff', 'aabb')
        $ids.Slot | Should -Be 2, $null, $null
        $ids[0].Reason | Should -Be 'worker 2'
        $ids[1].Reason | Should -BeLike 'worker 255, which no slot has*0, 1'
        $ids[2].Reason | Should -BeLike 'it has 2 bytes*of 4'
        (Test-SteeringPolicy TestDrive:/quic.yaml -SlotCount 4 -ConnectionId ([byte[]](0, 0, 0, 3))).Slot | Should -Be 3
        Test-SteeringPolicy TestDrive:/quic.yaml -SlotCount 4 -ConnectionId 00000004 -Quiet | Should -BeFalse
    }

    It 'takes the cookies that ids hold from a group' {
        Set-Content TestDrive:/nginx.yaml "version: 1`npolicy: nginx`nprotocol: udp`notherwise: { by: connection-id, length: 8, cookie: { at: 0 } }"
        $null = New-ReuseportGroup quic -SlotCount 3 -Port 5310 -Protocol Udp
        $cookie = (Get-SocketSlot quic)[2].Cookie[0]
        (Test-SteeringPolicy TestDrive:/nginx.yaml -Group quic -ConnectionId ('{0:x16}' -f $cookie)).Slot | Should -Be 2
        (Test-SteeringPolicy TestDrive:/nginx.yaml -Group quic -ConnectionId ffffffffffffffff).Reason | Should -BeLike 'cookie * of no socket*'
        (Test-SteeringPolicy TestDrive:/nginx.yaml -SlotCount 3 -ConnectionId ('{0:x16}' -f $cookie)).Reason | Should -BeLike '*no cookie is known'
    }

    It 'says what the connection ids of a trace come to' {
        Set-Content TestDrive:/byte.yaml "version: 1`npolicy: byte`nprotocol: udp`notherwise: { by: connection-id, length: 8, worker: { at: 0, bits: 8 } }"
        $trace = New-PacketTrace -Seed 4 -FlowCount 40 -PacketsPerFlow 4 -Protocol Udp -Payload Quic
        $result = Test-SteeringPolicy TestDrive:/byte.yaml -SlotCount 128 -Trace $trace
        $result.Passed | Should -BeFalse
        $result.ConnectionIds.Count | Should -Be 40
        $result.Survey.Packets | Should -Be 160
        $result.Survey.WithoutId | Should -Be 40
        $result.ConnectionIds | ForEach-Object { $_.Packets | Should -Be 3 }
        $result.Unreached.Count | Should -BeGreaterThan 0
        $reached = $result.ConnectionIds | Where-Object { $null -ne $_.Slot } | Select-Object -First 1
        $reached.Slot | Should -Be ([Convert]::ToInt32($reached.ConnectionId.Substring(0, 2), 16))
        $reached.Reached | Should -Be $reached.Slot
        $result.MixedTrains.Count | Should -Be $result.Survey.MixedTrains
        $slow = New-PacketTrace -Seed 4 -FlowCount 40 -PacketsPerFlow 4 -Protocol Udp -Payload Quic -Rate 100
        Test-SteeringPolicy TestDrive:/byte.yaml -SlotCount 256 -Trace $slow -Quiet | Should -BeTrue
    }

    It 'refuses ids and a trace together' {
        $trace = New-PacketTrace -Seed 4 -FlowCount 1 -Protocol Udp -Payload Quic
        { Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4 -ConnectionId 00 -Trace $trace } | Should -Throw -ErrorId 'ConnectionIdOrTrace,*'
        { Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4 -Trace $trace } | Should -Throw -ErrorId 'NoConnectionIds,*'
    }

    It 'refuses ids for a policy that decodes none' {
        { Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4 -ConnectionId 00 } | Should -Throw -ErrorId 'NoConnectionIds,*'
    }
}
