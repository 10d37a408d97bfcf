BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
    Set-Content TestDrive:/weighted.yaml @'
version: 1
policy: weighted
slots: { canary: [2, 3] }
otherwise: { by: weighted, weights: { 0: 3, 1: 1, canary: 2 } }
'@
    $null = Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/weighted.yaml)
}

Describe 'Clear-SocketSlot' {
    It 'empties the seats and counts the turn' {
        $change = Clear-SocketSlot web 3 -WarningAction SilentlyContinue
        $change.Changed | Should -Contain 'slot 3: Generation 1 -> 2'
        $slot = Get-SocketSlot web -Slot 3
        $slot.State | Should -Be 'Empty'
        $slot.Generation | Should -Be 2
        $slot.Cookie | Should -Be 0, 0
    }

    It 'says that nothing changed' {
        (Clear-SocketSlot web 3).HasChanged | Should -BeFalse
    }

    It 'lets Set-SocketSlot seat the socket again' {
        $seated = (Get-SocketSlot web).Cookie
        $socket = Find-ReuseportSocket -Port 5300 | Where-Object { $_.Cookie -notin $seated } | Select-Object -First 1
        $change = Set-SocketSlot web 3 -Socket $socket
        $change.HasChanged | Should -BeTrue
        (Get-SocketSlot web -Slot 3).Cookie | Should -Contain $socket.Cookie
        (Set-SocketSlot web 3 -Socket $socket.Cookie).HasChanged | Should -BeFalse
        { Set-SocketSlot web 0 -Socket $socket -ErrorAction Stop } | Should -Throw -ErrorId 'CannotSeat*'
    }

    It 'previews with -WhatIf and changes nothing' {
        $preview = Clear-SocketSlot web 0 -WhatIf -WarningAction SilentlyContinue -Trace (New-PacketTrace -FlowCount 200 -Seed 1)
        $preview.Change.FlowsMoved | Should -BeGreaterThan 0
        ($preview.After.Slots | Where-Object Slot -EQ 0).Flows | Should -Be 0
        (Get-SocketSlot web -Slot 0).State | Should -Be 'Active'
    }

    It 'does not empty the last seat' {
        { Clear-SocketSlot web 0-3 -ErrorAction Stop } | Should -Throw -ErrorId 'NobodyLeft*'
        { Clear-SocketSlot web 7 -ErrorAction Stop } | Should -Throw -ErrorId 'SlotNotFound*'
    }
}
